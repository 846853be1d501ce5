"""A large raster at an address is read by range: few bytes travel, and every number is that of the whole file."""

import hashlib
import json
import socket
import threading
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import rasterio
import shapely
from rasterio import Affine
from s3fs import S3FileSystem

from riskmap.errors import InputError, StoreError
from riskmap.grid.cells import grid_over
from riskmap.grid.rasters import sum_cells
from riskmap.pipeline.build import Inputs, build, load_case
from riskmap.pipeline.ranges import OverCells, cutting
from riskmap.store import parts
from riskmap.store.mirror import mirrored
from riskmap.store.parts import Cutting
from riskmap.store.remote import Ranged
from riskmap.store.vault import Vault

NAME = "worldpop_2024.tif"
SIDE, WEST, NORTH = 4_352, 2_000, 2_400
"""Pixels of the large raster along its side, and left of and above the sample's."""


@pytest.fixture
def case(root):
    return load_case(root / "data" / "cases" / "sample.toml", resolution=4)


@pytest.fixture(scope="module")
def large(tmp_path_factory, root) -> Path:
    """The sample's raster of people in the midst of one of 75 MB, in tiles of 512 pixels."""
    path = tmp_path_factory.mktemp("large") / NAME
    pixels = np.random.default_rng(1).random((SIDE, SIDE), dtype=np.float32)
    with rasterio.open(root / "data" / "sample" / NAME) as small:
        profile, place = small.profile, small.transform
        pixels[NORTH : NORTH + small.height, WEST : WEST + small.width] = small.read(1)
    more = {"height": SIDE, "width": SIDE, "blockxsize": 512, "blockysize": 512, "compress": None}
    profile |= more | {"transform": place @ Affine.translation(-WEST, -NORTH)}
    with rasterio.open(path, "w", **profile) as file:
        file.write(pixels, 1)
    assert path.stat().st_size > parts.LARGEST_WHOLE
    return path


@pytest.fixture
def inputs(sample_data, large, tmp_path) -> Path:
    """The sample with the large raster in place of its own."""
    folder = tmp_path / "inputs"
    folder.mkdir()
    for path in sample_data.iterdir():
        (folder / path.name).symlink_to(large if path.name == NAME else path)
    return folder


class Counting:
    """A wire to a server on loopback that counts what comes back.

    Args:
        host: The server's.
        port: Likewise.
    """

    def __init__(self, host: str, port: int) -> None:
        self.bytes = 0
        self._server, self._listener = (host, port), socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._server)
            threading.Thread(target=self._pump, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, True), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with closing(sink):
            while data := self._received(source):
                self.bytes += len(data) * counted
                sink.sendall(data)

    @staticmethod
    def _received(source: socket.socket) -> bytes:
        try:
            return source.recv(1 << 16)
        except OSError:
            return b""

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def wire(s3, monkeypatch):
    server = urlsplit(s3.meta.endpoint_url)
    counting = Counting(server.hostname, server.port)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{counting.port}")
    S3FileSystem.clear_instance_cache()
    yield counting
    counting.close()
    S3FileSystem.clear_instance_cache()


def put(s3, bucket: str, folder: Path, **more) -> None:
    for path in folder.iterdir():
        told = more if path.name == NAME else {}
        s3.put_object(Bucket=bucket, Key=f"in/{path.name}", Body=path.read_bytes(), **told)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_few_bytes_travel_and_all_tables_are_those_of_the_whole_file(
    case, inputs, s3, bucket, tmp_path, wire, large
) -> None:
    here = build(case, inputs, tmp_path / "here")
    put(s3, bucket, inputs)
    given = Inputs(f"s3://{bucket}/in", tmp_path / "vault", tmp_path / "cache")
    wire.bytes = 0
    there = build(case, given, tmp_path / "there")
    assert wire.bytes < large.stat().st_size / 8
    ours, theirs = files(there.folder), files(here.folder)
    assert {name for name in ours if ours[name] != theirs[name]} == {"manifest.json"}

    etag = s3.head_object(Bucket=bucket, Key=f"in/{NAME}")["ETag"].strip('"')
    (told,) = (one for one in there.manifest["inputs"] if one["path"] == NAME)
    (whole,) = (one for one in here.manifest["inputs"] if one["path"] == NAME)
    assert (told["sha256"], told["identity"], told["bytes"]) == (None, f"etag:{etag}", large.stat().st_size)
    assert told["notes"][-1].startswith("read by range: ")
    assert whole["sha256"] == hashlib.sha256(large.read_bytes()).hexdigest()
    assert "identity" not in whole

    wire.bytes = 0
    again = build(case, given, tmp_path / "there")
    assert again.id == there.id
    assert wire.bytes < 250_000, "nothing but listings"
    log = json.loads((tmp_path / "there" / "logs" / f"{there.id}.json").read_bytes())
    assert log["steps_made"] == {}


GRID = grid_over(shapely.box(-24.5, -29.0, -23.0, -28.0), 4)


def cut(bucket: str, cache: Path, grid=GRID, name: str = NAME):
    """The mirror of one raster, its sums, and what is told of the whole."""
    with mirrored(f"s3://{bucket}/in", [name], cache, Cutting(frozenset([name]), lambda _: OverCells(grid))) as mirror:
        return sum_cells(str(mirror.folder / name), grid, "count"), mirror.parts.get(name)


def doubled(path: Path, to: Path) -> Path:
    """The same raster with twice the people."""
    with rasterio.open(path) as file, rasterio.open(to, "w", **file.profile) as other:
        other.write(file.read() * 2)
    return to


@pytest.fixture
def small(sample_data, monkeypatch) -> Path:
    """The sample's own raster, which counts as large."""
    monkeypatch.setattr(parts, "LARGEST_WHOLE", 1 << 14)
    return sample_data / NAME


class TestChanges:
    @pytest.fixture
    def changing(self, s3, bucket, monkeypatch):
        """Puts other files in its place, one after another, each time in the middle of a reading."""
        read, asked = Ranged.read, []

        def start(*contents: bytes) -> None:
            waiting = list(contents)

            def other(ranged: Ranged, first: int, count: int) -> bytes:
                asked.append(ranged)
                if waiting and asked.count(ranged) == 3:
                    s3.put_object(Bucket=bucket, Key=f"in/{NAME}", Body=waiting.pop(0))
                    ranged._file.cache.__init__(ranged._file.cache.blocksize, ranged._file._fetch_range, ranged.bytes)
                return read(ranged, first, count)

            monkeypatch.setattr(Ranged, "read", other)

        return start

    def test_what_changes_once_is_read_again_as_it_is_now(self, s3, bucket, small, tmp_path, changing) -> None:
        before, after = small.read_bytes(), doubled(small, tmp_path / "after.tif")
        s3.put_object(Bucket=bucket, Key=f"in/{NAME}", Body=before)
        changing(after.read_bytes())
        found, part = cut(bucket, tmp_path)
        assert np.array_equal(found.values, sum_cells(str(after), GRID, "count").values, equal_nan=True)
        assert part.identity == f"etag:{hashlib.md5(after.read_bytes()).hexdigest()}"

    def test_what_changes_just_before_or_after_it_is_read_is_read_again(
        self, s3, bucket, small, tmp_path, monkeypatch
    ) -> None:
        """What was read is whole, but not what the listing told of."""
        before, after = small.read_bytes(), doubled(small, tmp_path / "after.tif")
        s3.put_object(Bucket=bucket, Key=f"in/{NAME}", Body=before)
        take, times = OverCells.cut, []

        def late(self, *words):
            times.append(words)
            found = take(self, *words)
            if len(times) == 1:
                s3.put_object(Bucket=bucket, Key=f"in/{NAME}", Body=after.read_bytes())
            return found

        monkeypatch.setattr(OverCells, "cut", late)
        found, _ = cut(bucket, tmp_path)
        assert np.array_equal(found.values, sum_cells(str(after), GRID, "count").values, equal_nan=True)
        assert len(times) == 2

    def test_what_never_rests_is_refused(self, s3, bucket, small, tmp_path, changing) -> None:
        before, after = small.read_bytes(), doubled(small, tmp_path / "after.tif").read_bytes()
        s3.put_object(Bucket=bucket, Key=f"in/{NAME}", Body=before)
        changing(*[after, before] * 10)
        with pytest.raises(InputError, match=rf"{bucket}/in: files there change faster than they can be read"):
            cut(bucket, tmp_path)

    def test_a_connection_that_breaks_is_told_as_such(self, s3, bucket, small, tmp_path, monkeypatch) -> None:
        s3.put_object(Bucket=bucket, Key=f"in/{NAME}", Body=small.read_bytes())
        read = Ranged.read

        def broken(ranged: Ranged, first: int, count: int) -> bytes:
            if first > 10_000:
                ranged.failure = StoreError("the cable fell out")
            return read(ranged, first, count)

        monkeypatch.setattr(Ranged, "read", broken)
        with pytest.raises(StoreError, match="cable"):
            cut(bucket, tmp_path)


def test_other_cells_need_another_part_and_the_same_ones_none(s3, bucket, small, tmp_path, monkeypatch) -> None:
    s3.put_object(Bucket=bucket, Key=f"in/{NAME}", Body=small.read_bytes())
    other, made, take = grid_over(shapely.box(-23.5, -29.0, -22.5, -28.0), 5), [], OverCells.cut
    monkeypatch.setattr(OverCells, "cut", lambda self, *words: (made.append(self.key), take(self, *words))[1])
    for grid in (GRID, GRID, other, GRID):
        found, _ = cut(bucket, tmp_path, grid)
        assert np.array_equal(found.values, sum_cells(str(small), grid, "count").values, equal_nan=True)
    assert made == [OverCells(one).key for one in (GRID, other, GRID)]


def test_the_providers_own_hash_of_the_whole_is_told(s3, bucket, small, tmp_path) -> None:
    s3.put_object(Bucket=bucket, Key=f"in/{NAME}", Body=small.read_bytes(), ChecksumAlgorithm="SHA256")
    _, part = cut(bucket, tmp_path)
    assert part.sha256 == hashlib.sha256(small.read_bytes()).hexdigest()


def test_the_version_is_told_where_versions_are_kept(s3, bucket, small, tmp_path) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key=f"in/{NAME}", Body=small.read_bytes())["VersionId"]
    _, part = cut(bucket, tmp_path)
    assert part.identity == f"etag:{hashlib.md5(small.read_bytes()).hexdigest()} version:{version}"
    assert part.sha256 is None


def test_what_cannot_be_cut_is_copied_whole_and_once(s3, bucket, small, tmp_path, monkeypatch) -> None:
    """Whole numbers without a value for none: nothing could say of a square that it is unknown."""
    whole = tmp_path / "whole.tif"
    with rasterio.open(small) as file:
        profile = file.profile | {"dtype": "int32", "nodata": None}
        with rasterio.open(whole, "w", **profile) as other:
            other.write(file.read().astype("int32"))
    s3.put_object(Bucket=bucket, Key=f"in/{NAME}", Body=whole.read_bytes())
    found, part = cut(bucket, tmp_path / "cache")
    assert part is None
    assert found.total_in == sum_cells(str(whole), GRID, "count").total_in
    monkeypatch.setattr(OverCells, "cut", None)
    assert cut(bucket, tmp_path / "cache", grid_over(shapely.box(-23.5, -29, -22.5, -28), 5))[1] is None


def test_a_tile_of_sea_alone_counts_nobody(case, sample_data, s3, bucket, tmp_path, small) -> None:
    """Its squares under the area hold no value, although others do."""
    folder = tmp_path / "inputs"
    folder.mkdir()
    for path in sample_data.iterdir():
        (folder / path.name).symlink_to(path)
    with rasterio.open(small) as file:
        profile = file.profile | {"height": 1024, "width": 1024}
        pixels = np.full((1024, 1024), file.nodata, np.float32)
    pixels[600:, 600:] = np.random.default_rng(1).random((424, 424))
    with rasterio.open(folder / "sea_2024.tif", "w", **profile) as file:
        file.write(pixels, 1)
    put(s3, bucket, folder)
    source = next(one for one in case.inputs if one.path == NAME)
    sea = source.model_copy(update={"path": "sea_2024.tif"})
    made = case.model_copy(update={"inputs": (*(one for one in case.inputs if one.path != NAME), sea)})
    given = Inputs(f"s3://{bucket}/in", tmp_path / "vault", tmp_path / "cache")
    found = build(made, given, tmp_path / "store")
    (told,) = (one for one in found.manifest["inputs"] if one["path"] == "sea_2024.tif")
    assert told["notes"][0] == "0 people on 0 km2 taken as count; taken otherwise they would be 0"


def test_a_raster_that_is_felt_beyond_the_cells_or_named_elsewhere_is_copied_whole(
    case, s3, bucket, small, tmp_path
) -> None:
    """What a kernel carries in from beyond the border is not lost."""
    s3.put_object(Bucket=bucket, Key=f"in/{NAME}", Body=small.read_bytes())
    given = next(one for one in case.inputs if one.path == NAME)
    hazard = given.model_copy(update={"source": "rasters", "options": {"kind": "hazard"}})
    flood = given.model_copy(update={"source": "flood_raster", "options": {}})
    for inputs, patterns in (([given, hazard], [NAME]), ([flood], [NAME]), ([given], ["*.tif", NAME])):
        made = cutting(case.model_copy(update={"inputs": tuple(inputs)}), Vault(tmp_path))
        with mirrored(f"s3://{bucket}/in", patterns, tmp_path, made) as mirror:
            assert mirror.parts == {}
            assert (mirror.folder / NAME).read_bytes() == small.read_bytes()
