import pytest
from monai_blurvae.functional import at_least_float32
def test_h():
    print(at_least_float32.__globals__["__name__"], at_least_float32.__wrapped__)
    with pytest.raises(Exception) as e:
        at_least_float32("x")
    print(type(e.value), str(e.value)[:200])
