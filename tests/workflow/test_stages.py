import pytest
from monai.bundle import ConfigParser

BUILT = []


def parser(**config):
    return ConfigParser(
        {"made": f"${__name__}.BUILT.append('made') or 7", **config},
        globals={"room": "monai_blurvae.workflow", __name__.split(".", maxsplit=1)[0]: __import__("tests")},
    )


@pytest.fixture(autouse=True)
def nothing_built():
    BUILT.clear()


def test_a_part_is_built_where_it_is_reached_and_once():
    stages = parser(wanted=True, go="$[room.resolve('made') + room.resolve('made') if @wanted else None]")
    assert stages.get_parsed_content("go") == [14]
    assert BUILT == ["made"]


def test_a_part_that_a_condition_passes_over_is_not_built():
    assert parser(go="$room.resolve('made') if False else None").get_parsed_content("go") is None
    assert BUILT == []


def test_an_unknown_part_is_named():
    with pytest.raises(RuntimeError) as error:
        parser(go="$room.resolve('maid')").get_parsed_content("go")
    assert "must define `maid`" in str(error.value.__cause__)
