"""The one error type of this project; apart from everything else, so that the command line starts fast."""


class DataError(Exception):
    """Bad input or a bad request, told in one line: the place, the fact and the remedy.

    The command line prints it without a traceback and exits with status 2.
    """

    def __init__(self, place: str, fact: str, remedy: str = "") -> None:
        self.place, self.fact, self.remedy = place, fact, remedy
        super().__init__(f"{place}: {fact}" + (f" {remedy}" if remedy else ""))

    def __reduce__(self) -> tuple[type["DataError"], tuple[str, str, str]]:
        """Pickle by parts, so that the error crosses from a worker to the parent unharmed."""
        return DataError, (self.place, self.fact, self.remedy)
