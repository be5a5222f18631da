"""Which track an environment can run, and a BERT that is small in both."""

from coursekit.course import notebook
from coursekit.errors import CourseError
from coursekit.frameworks import FRAMEWORKS

TINY = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}


def usable(name: str) -> bool:
    """Tell whether this environment can build a BERT of this framework."""
    try:
        notebook._check_versions(FRAMEWORKS[name], imported_before=False)
    except CourseError:
        return False
    return True
