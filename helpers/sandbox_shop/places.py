"""Where each node of a document stands: inside which field and argument, and which type is expected there."""

from dataclasses import dataclass
from typing import Any

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    ObjectFieldNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    Visitor,
    visit,
)


@dataclass(frozen=True)
class Place:
    """The surroundings of one node."""

    schema: GraphQLSchema
    above: tuple[Node, ...]  # from the definition down to the parent
    parent_type: Any  # of a field: the type that it is selected on
    definition: Any  # of a field: what the schema says of it
    expected: Any  # of a value: the input type
    input_object: Any  # of a field of an input object: its type

    def nearest(self, *kinds: type[Node]) -> Any:
        """The closest node around of one of these kinds, or None."""
        return next((node for node in reversed(self.above) if isinstance(node, kinds)), None)

    @property
    def owner(self) -> tuple[str, str]:
        """("Field" or "Directive", its name): whose argument this is in."""
        node = self.nearest(FieldNode, DirectiveNode)
        return ("Directive" if isinstance(node, DirectiveNode) else "Field"), node.name.value if node else ""

    @property
    def operation(self) -> str:
        """Name of the operation around."""
        node = self.nearest(OperationDefinitionNode)
        return node.name.value if node and node.name else "anonymous query"


class Places:
    """The places of every node of a document."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self.schema = schema
        self.known: dict[int, Place] = {}
        info = TypeInfo(schema)
        visit(document, TypeInfoVisitor(info, _Recorder(schema, info, self.known)))

    def of(self, node: Node) -> Place:
        """The place of a node; nodes without one (names) stand nowhere."""
        return self.known.get(id(node)) or Place(self.schema, (), None, None, None, None)

    def path(self, node: Node) -> list[str]:
        """As Shopify shows it: ["query Name", "orders", "nodes", "colour"]."""
        return [step for each in (*self.of(node).above, node) if (step := _step(each))]


class _Recorder(Visitor):
    def __init__(self, schema: GraphQLSchema, info: TypeInfo, known: dict[int, Place]) -> None:
        super().__init__()
        self.schema, self.info, self.known = schema, info, known

    def enter(self, node: Node, key: Any, parent: Any, path: Any, ancestors: Any) -> None:
        """Called before the children of a node."""
        above = [each for each in (*ancestors, parent) if isinstance(each, Node)]
        self.known[id(node)] = Place(
            schema=self.schema,
            above=tuple(each for each in above if not isinstance(each, DocumentNode)),
            parent_type=self.info.get_parent_type(),
            definition=self.info.get_field_def(),
            expected=self.info.get_input_type(),
            input_object=self.info.get_parent_input_type(),
        )


def _step(node: Node) -> str:
    if isinstance(node, OperationDefinitionNode):
        return f"{node.operation.value} {node.name.value if node.name else ''}".strip()
    if isinstance(node, FragmentDefinitionNode):
        return f"fragment {node.name.value}"
    if isinstance(node, FieldNode):
        return node.alias.value if node.alias else node.name.value
    if isinstance(node, InlineFragmentNode):
        return f"... on {node.type_condition.name.value}" if node.type_condition else "..."
    if isinstance(node, FragmentSpreadNode):
        return f"... {node.name.value}"
    if isinstance(node, VariableDefinitionNode):
        return node.variable.name.value
    return node.name.value if isinstance(node, ArgumentNode | ObjectFieldNode) else ""
