"""The one error that readers raise: a code from the table in Spec/envelope.md, Errors."""

CODES = (
    "malformed-link",
    "unsupported-version",
    "malformed-header",
    "wrong-link",
    "passphrase-required",
    "wrong-key",
    "corrupt",
    "malformed-payload",
)


class EnvelopeError(Exception):
    """A refusal. `code` is the contract; `detail` is for people and names no secret."""

    def __init__(self, code: str, detail: str):
        assert code in CODES, code
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class RefusedInput(ValueError):
    """The caller asked for what the format does not allow: a bad name, a passphrase that is not Unicode.

    Not in the error table: nothing was read, so no envelope is at fault.
    """
