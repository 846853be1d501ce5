"""The pipeline: the one place that knows the order read -> merge -> measure -> score -> publish."""
