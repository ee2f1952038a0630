"""Everything that can go wrong, as one tree.

Each class carries the exit status that the command line ends with; the message of an instance is one
sentence for the operator: what happened, where, and what to do next.

    WorkbenchError                1   a defect, or a failure without a better name
    ├── InputRefused              2   a file, parameter or setting cannot be used; nothing was changed
    │   ├── SettingsRefused           the shop's address, a token, an option, policy.toml or rules.toml
    │   ├── SheetRefused              a spreadsheet or CSV file
    │   ├── ParameterRefused          a parameter of a notebook or of the command line
    │   └── RunFolderRefused          a file of the run folder is missing, damaged or edited by hand
    │       └── MarksChanged              marks.csv was changed since it was read; nothing was written over it
    ├── GuardRefused              3   a safety rule says no; nothing was sent
    │   ├── IncompleteExport          the export is not provably complete
    │   ├── LimitExceeded             the plan is larger than the limits allow
    │   ├── QuietHours                nothing may be sent at this time of the day
    │   ├── NotApproved               the digest given is not the digest of the plan, or another person must agree
    │   └── WrongShop                 the plan or run folder belongs to another shop
    ├── Paused                    4   stopped before the end; the same call resumes
    ├── FinishedWithRefusals      5   done, but some changes were refused, stale or differ from what was read back
    ├── Locked                    6   somebody else is applying to this shop
    ├── NeedsPerson               7   an outcome cannot be known by reading; a person must look
    └── ShopError                 1   the shop, or the way to it
        ├── ShopUnreachable           no connection, no name, a time-out while reading
        ├── AccessDenied              wrong token, missing scope, frozen shop
        ├── QueryRefused              the shop understood and refused the request
        ├── SearchIgnored             the shop dropped a search filter (everything would have matched)
        ├── WrongVersion              another API version answered than was asked
        ├── BadAnswer                 the answer is not what Shopify sends
        ├── NotApplied                a write that certainly had no effect (for this one sending of it)
        └── OutcomeUnknown            a write that may or may not have had an effect
"""

from collections.abc import Sequence


class WorkbenchError(Exception):
    """A failure with a sentence for the operator."""

    exit_status = 1

    def _render_traceback_(self) -> list[str]:
        """What Jupyter shows in place of a traceback: the sentence says what happened and what to do."""
        return [f"{type(self).__name__}: {self}"]


class InputRefused(WorkbenchError):
    """A file, parameter or setting cannot be used; nothing was changed."""

    exit_status = 2


class SettingsRefused(InputRefused):
    """The shop's address, a token, an option in the environment, policy.toml or rules.toml cannot be used."""


class SheetRefused(InputRefused):
    """A spreadsheet or CSV file cannot be used; the message names file, row and column.

    `problems` are what is wrong with it one by one, where there may be several.
    """

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class ParameterRefused(InputRefused):
    """A parameter of a notebook or of the command line is unknown or has a wrong value."""


class RunFolderRefused(InputRefused):
    """A file of the run folder is missing, damaged or edited by hand."""


class MarksChanged(RunFolderRefused):
    """marks.csv was changed since it was read; nothing was written over it."""


class GuardRefused(WorkbenchError):
    """A safety rule says no; nothing was sent to the shop."""

    exit_status = 3


class IncompleteExport(GuardRefused):
    """The export is not provably complete, so nothing may be planned from it."""


class LimitExceeded(GuardRefused):
    """The plan is larger than the limits allow."""


class QuietHours(GuardRefused):
    """Nothing may be sent at this time of the day."""


class NotApproved(GuardRefused):
    """The digest given is not the digest of the plan, or another person must approve it too."""


class WrongShop(GuardRefused):
    """The plan or run folder belongs to another shop than the one connected."""


class Paused(WorkbenchError):
    """Stopped before the end; the same call resumes."""

    exit_status = 4


class FinishedWithRefusals(WorkbenchError):
    """Done, but some changes were refused or stale, or a fresh reading differs."""

    exit_status = 5


class Locked(WorkbenchError):
    """Somebody else is applying to this shop."""

    exit_status = 6


class NeedsPerson(WorkbenchError):
    """An outcome cannot be known by reading; a person must look."""

    exit_status = 7


class ShopError(WorkbenchError):
    """The shop, or the way to it, failed."""


class ShopUnreachable(ShopError):
    """No connection, no such host, or a time-out while reading."""


class AccessDenied(ShopError):
    """Wrong token, missing scope or frozen shop."""


class QueryRefused(ShopError):
    """The shop understood the request and refused it."""


class SearchIgnored(ShopError):
    """The shop dropped a search filter, so that everything would have matched."""


class WrongVersion(ShopError):
    """Another API version answered than was asked."""


class BadAnswer(ShopError):
    """The answer is not what Shopify sends."""


class NotApplied(ShopError):
    """A write that certainly had no effect, as far as this one sending of it goes.

    It says nothing about an earlier sending of the same write.
    """

    may_repeat = False  # set on an instance: the same write may be sent again after a pause


class OutcomeUnknown(ShopError):
    """A write that may or may not have had an effect: time-out, reset, 5xx, an answer without sense."""
