"""ETags name what was asked of which snapshot; the memory of tiles stays within its bound."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from riskmap_api.caching import ByteCache, etag_of, lifetime, matches

ETAG = etag_of("3f9c2d17a04be865", "risk", "2022-01")


def test_an_etag_is_quoted_and_depends_on_every_part():
    assert ETAG.startswith('"')
    assert ETAG.endswith('"')
    assert etag_of("3f9c2d17a04be865", "risk", "2022-01") == ETAG
    assert len({ETAG, etag_of("3f9c2d17a04be865", "risk2022-01"), etag_of("3f9c2d17a04be865", "risk", "2022-02")}) == 3


def test_if_none_match_knows_lists_stars_and_weak_tags():
    assert matches(ETAG, ETAG)
    assert matches(f'"other", W/{ETAG}', ETAG)
    assert matches("*", ETAG)
    assert not matches('"other"', ETAG)
    assert not matches(None, ETAG)


def test_an_answer_by_id_lives_for_ever_and_the_latest_briefly():
    assert lifetime("3f9c2d17a04be865") == "public, max-age=31536000, immutable"
    assert "max-age=30" in lifetime("latest")


def test_the_body_asked_for_longest_ago_goes_first():
    cache = ByteCache(limit_bytes=2 * (512 + 10))
    cache.put(("a",), b"a" * 10)
    cache.put(("b",), b"b" * 10)

    assert cache.get(("a",)) == b"a" * 10
    cache.put(("c",), b"c" * 10)

    assert cache.get(("b",)) is None
    assert cache.get(("a",)) == b"a" * 10


def test_empty_bodies_are_held_but_are_not_free():
    cache = ByteCache(limit_bytes=3 * 512)
    for number in range(100):
        cache.put((str(number),), b"")

    assert len(cache) == 3
    assert cache.get(("99",)) == b""


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.binary(max_size=2000))))
def test_the_memory_never_holds_more_than_its_bound(puts):
    cache = ByteCache(limit_bytes=4000)
    for key, body in puts:
        cache.put((key,), body)

    held = [body for key in "abcdef" if (body := cache.get((key,))) is not None]
    assert sum(len(body) + 512 for body in held) <= 4000
    assert len(held) == len(cache)
