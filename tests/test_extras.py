import sys

import pytest

from monai_blurvae.extras import from_extra


@pytest.mark.parametrize(("package", "extra"), [("sigpy", "mri"), ("deepinv", "deepinv")])
def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch, package, extra):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf"needs `{package}.*`: pip install 'monai-blurvae\[{extra}\]'"):
        from_extra(package, extra)
