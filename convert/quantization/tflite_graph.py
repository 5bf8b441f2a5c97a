"""What a `.tflite` file consists of, read from its flatbuffer: operators, tensors, types."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from convert.errors import ConfigurationError

_INTEGER_TYPES = frozenset({"INT4", "INT8", "UINT8", "INT16", "INT32", "INT64", "BOOL"})


@dataclass(frozen=True)
class Operator:
    """One operator: name (`CONV_2D`), version, names and types of its tensors."""

    name: str
    version: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    types: frozenset[str]


@dataclass(frozen=True)
class TfliteGraph:
    """The operators of a network in order, and the names of its first input and output."""

    operators: tuple[Operator, ...]
    input_name: str
    output_name: str

    @property
    def float_operators(self) -> tuple[Operator, ...]:
        """Operators that read or write anything but integers."""
        return tuple(op for op in self.operators if not op.types <= _INTEGER_TYPES)

    def versions(self) -> dict[str, int]:
        """The highest version of each operator, by name."""
        highest: dict[str, int] = {}
        for operator in self.operators:
            highest[operator.name] = max(operator.version, highest.get(operator.name, 0))
        return highest


def read_graph(model: bytes | Path) -> TfliteGraph:
    """The graph of a network, from its bytes or file.

    Raises:
        ConfigurationError: the file is missing or no `.tflite`.
    """
    content = model
    if isinstance(model, Path):
        try:
            content = model.read_bytes()
        except OSError as error:
            raise ConfigurationError(f"{model} cannot be read: {error.strerror}") from error
    if bytes(content[4:8]) != b"TFL3":  # type: ignore[index]
        raise ConfigurationError(f"{model if isinstance(model, Path) else 'it'} is no .tflite file")
    from ai_edge_litert import schema_py_generated as schema

    parsed = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = parsed.subgraphs[0]
    tensors = graph.tensors
    names = [_text(tensor.name) for tensor in tensors]
    types = _names_of(schema.TensorType)
    operators = []
    for operator in graph.operators:
        code = parsed.operatorCodes[operator.opcodeIndex]
        inputs = [index for index in operator.inputs if index >= 0]
        used = [*inputs, *operator.outputs]
        operators.append(
            Operator(
                _names_of(schema.BuiltinOperator)[
                    max(code.builtinCode, code.deprecatedBuiltinCode)
                ],
                int(code.version),
                tuple(names[index] for index in inputs),
                tuple(names[index] for index in operator.outputs),
                frozenset(types[tensors[index].type] for index in used),
            )
        )
    return TfliteGraph(tuple(operators), names[graph.inputs[0]], names[graph.outputs[0]])


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


@cache
def _names_of(enumeration: Any) -> dict[int, str]:
    return {value: name for name, value in vars(enumeration).items() if isinstance(value, int)}
