import json

import pytest

from convert.errors import ConfigurationError
from convert.smile.distribution import workers_of


def config(kind="worker", index=1):
    cluster = {"worker": ["a:1", "b:1", "c:1"]}
    return json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})


def test_without_tf_config_this_machine_is_alone():
    assert workers_of(None) == (0, 1)


def test_tf_config_says_which_worker_this_is():
    assert workers_of(config()) == (1, 3)


@pytest.mark.parametrize("text", ["{", '{"cluster": {}}', config("ps", 0), config(index=3)])
def test_a_wrong_tf_config_is_explained(text):
    with pytest.raises(ConfigurationError, match="TF_CONFIG"):
        workers_of(text)
