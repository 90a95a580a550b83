"""Recipes are read strictly and hashed with all they depend on."""

from pathlib import Path

import pytest

from openclaw_data import recipe
from openclaw_data.documents import DataError

GOOD = """\
name: mine
version: 1.0.0
sources:
  - id: cc
    format: warc
    paths: [crawl/*.warc.gz]
    origin: self-collected
    record: a log
filters: []
"""


def write(folder: Path, text: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_defaults_are_filled_in_and_paths_start_beside_the_recipe(tmp_path: Path) -> None:
    found = recipe.load(write(tmp_path, GOOD))
    assert found.languages == ("zh", "en")
    assert found.output.shard_bytes == 256_000_000
    assert found.sources[0].paths == (str(tmp_path / "crawl/*.warc.gz"),)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("filters:", "filter:", "line 9: unknown key 'filter'. Did you mean 'filters'?"),
        ("    origin:", "    orign:", "line 7: unknown key 'sources.0.orign'. Did you mean 'origin'?"),
        ("name: mine\n", "name: mine\nname: yours\n", "line 2: the key 'name' is there already, in line 1. Keep one."),
        ("version: 1.0.0", "version: new", "line 2: version: "),
        ("    record: a log\n", "", "line 4: the key 'sources.0.record' is missing. Add it;"),
        ("format: warc", "format: arc", "line 5: sources.0.format: Input should be 'warc', 'jsonl' or 'parquet'"),
        ("filters: []", "output: {shard_bytes: 3 elephants}", "must be a size such as 256MB or 2GB"),
        ("filters: []", "dedup: {minhash: {treshold: 0.9}}", "Did you mean 'threshold'?"),
    ],
)
def test_a_slip_is_an_error_that_names_file_line_key_and_remedy(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(DataError) as caught:
        recipe.load(path)
    assert str(caught.value).startswith(path)
    assert message in str(caught.value)


def test_a_file_that_yaml_cannot_hold_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "given.yaml").write_bytes(b"name: x\0")
    with pytest.raises(DataError, match=r"given\.yaml: this is not valid YAML"):
        recipe.load(str(tmp_path / "given.yaml"))


def test_an_unknown_recipe_or_pack_is_an_error_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no such recipe\. Did you mean 'web'"):
        recipe.load("webb")
    found = recipe.load(write(tmp_path, GOOD.replace("filters: []", "filters: [gopher-qualty]")))
    with pytest.raises(DataError, match="Did you mean 'gopher-quality'"):
        recipe.resolve(found)


def test_inputs_replace_paths_and_sources_without_paths_are_left_out() -> None:
    web = recipe.load("web")
    found = recipe.with_inputs(web, {"cc": ["a.warc.gz", "b.warc.gz"]})
    assert [(s.id, s.paths) for s in found.sources] == [("cc", ("a.warc.gz", "b.warc.gz"))]
    with pytest.raises(DataError, match=r"no source 'c'. Did you mean 'cc'|no source 'c'. There are"):
        recipe.with_inputs(web, {"c": ["a"]})
    with pytest.raises(DataError, match="no source has any paths"):
        recipe.with_inputs(web, {})


def test_the_digest_changes_with_any_setting_or_pack_but_not_with_paths() -> None:
    web = recipe.load("web")
    one = recipe.resolve(recipe.with_inputs(web, {"cc": ["a"]})).digest
    assert recipe.resolve(recipe.with_inputs(web, {"cc": ["b"]})).digest == one
    other = recipe.with_inputs(web, {"cc": ["a"]}).model_copy(update={"filters": web.filters[:-1]})
    assert recipe.resolve(other).digest != one


@pytest.mark.parametrize(
    ("text", "size"), [("256MB", 256_000_000), ("2GB", 2_000_000_000), ("1.5kB", 1500), (4096, 4096), ("7", 7)]
)
def test_sizes_are_read_with_their_units(text: str | int, size: int) -> None:
    assert recipe.parse_size(text) == size


@pytest.mark.parametrize("text", ["0", "-1MB", "2 GiB", True, None, 0])
def test_other_sizes_are_refused(text: object) -> None:
    with pytest.raises(ValueError, match="a size"):
        recipe.parse_size(text)


def keys(model: type, prefix: str = "") -> list[str]:
    """Every dotted key of a recipe."""
    found = []
    for name, field in model.model_fields.items():  # type: ignore[attr-defined]
        inner = recipe.section_in(field.annotation)
        found += keys(inner, f"{prefix}{name}.") if inner else [prefix + name]
    return found


def test_every_recipe_key_is_documented() -> None:
    page = (Path(__file__).parents[1] / "pipelines" / "README.md").read_text(encoding="utf-8")
    missing = [key for key in keys(recipe.Recipe) if f"`{key}`" not in page]
    assert not missing


@pytest.mark.parametrize("name", recipe.available())
def test_every_recipe_of_the_project_loads_and_is_listed(name: str) -> None:
    recipe.load(name)
    page = (Path(__file__).parents[1] / "pipelines" / "README.md").read_text(encoding="utf-8")
    assert f"`{name}.yaml`" in page
