"""A file on its way from a browser: pieces of at most 1 MiB, in order, until it is whole.

One message with a whole photo would not arrive: above 10 MiB the server drops the connection without a word. Knows
bytes and limits. Does not know widgets, nor what is in a file.
"""

PIECE_BYTES = 1 << 20
"""The most bytes that one piece has; every piece but the last has as many."""
MAX_UPLOAD_BYTES = 64 << 20
"""The largest file that is accepted unless told otherwise."""


class Upload:
    """One file that arrives in pieces.

    Args:
        name: As the browser says it: text to show, never a path to open.
        size_bytes: How large the file will be.
        max_bytes: The most that is legal; checked before any piece is taken.

    Raises:
        ValueError: the file is empty or larger than legal, or its size is no whole number.

    >>> upload = Upload("photo.png", 3)
    >>> upload.add(0, b"abc")
    >>> upload.data
    b'abc'
    """

    def __init__(self, name: str, size_bytes: int, max_bytes: int = MAX_UPLOAD_BYTES):
        if type(size_bytes) is not int or size_bytes < 0:
            raise ValueError(f"{name} is said to have {size_bytes!r} bytes; must be a whole number, 1 or more")
        if size_bytes == 0:
            raise ValueError(f"{name} is empty: 0 bytes")
        if size_bytes > max_bytes:
            limit = f"{max_bytes:,} bytes ({max_bytes / 1e6:.1f} MB)"
            raise ValueError(f"{name} has {size_bytes:,} bytes; at most {limit} can be opened here")
        self.name, self.size_bytes = name, size_bytes
        self._pieces: list[bytes] = []

    @property
    def piece_count(self) -> int:
        """How many pieces the whole file has."""
        return -(-self.size_bytes // PIECE_BYTES)

    @property
    def is_complete(self) -> bool:
        """Whether every piece is here."""
        return len(self._pieces) == self.piece_count

    @property
    def data(self) -> bytes:
        """The whole file.

        Raises:
            ValueError: pieces are missing.
        """
        if not self.is_complete:
            raise ValueError(f"{self.name}: {len(self._pieces)} of {self.piece_count} pieces are here; it is not whole")
        return b"".join(self._pieces)

    def add(self, index: int, piece: bytes | memoryview) -> None:
        """Take the next piece.

        Args:
            index: Its number, from 0.
            piece: Its bytes: :data:`PIECE_BYTES`, or what is left of the file.

        Raises:
            ValueError: it is not the next one, the file is whole already, or the piece has another size.
        """
        if self.is_complete:
            raise ValueError(f"{self.name}: piece {index!r} came after the last of {self.piece_count}")
        expected = len(self._pieces)
        if index != expected:
            raise ValueError(f"{self.name}: piece {index!r} came where piece {expected} was due")
        legal_bytes = min(PIECE_BYTES, self.size_bytes - expected * PIECE_BYTES)
        if len(piece) != legal_bytes:
            raise ValueError(f"{self.name}: piece {index} has {len(piece)} bytes; must be {legal_bytes}")
        self._pieces.append(bytes(piece))


class Uploads:
    """The one upload that is under way: a newer one takes its place, as the file that was dropped last is meant.

    Args:
        max_bytes: The largest file that is accepted.
    """

    def __init__(self, max_bytes: int = MAX_UPLOAD_BYTES):
        self.max_bytes = max_bytes
        self._current: tuple[str, Upload] | None = None

    def begin(self, upload_id: str, name: str, size_bytes: int) -> None:
        """Expect the pieces of a file.

        Raises:
            ValueError: the file is empty or too large; what was under way goes on.
        """
        self._current = (upload_id, Upload(name, size_bytes, self.max_bytes))

    def add(self, upload_id: str, index: int, piece: bytes | memoryview) -> Upload | None:
        """Take the next piece of the file that is under way.

        Returns:
            The upload if this was its last piece, else None.

        Raises:
            ValueError: it is no piece of that file (a newer one took its place), or not its next one.
        """
        if self._current is None or self._current[0] != upload_id:
            raise ValueError("this upload was cancelled, or a newer one took its place")
        upload = self._current[1]
        try:
            upload.add(index, piece)
        except ValueError:
            self._current = None
            raise
        if not upload.is_complete:
            return None
        self._current = None
        return upload

    def cancel(self, upload_id: str) -> None:
        """Forget a file, if it is the one under way."""
        if self._current is not None and self._current[0] == upload_id:
            self._current = None
