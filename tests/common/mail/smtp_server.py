"""A mail server of a few lines on a socket, which misbehaves on request."""

import socket
import threading
from dataclasses import dataclass, field
from typing import Self


@dataclass
class Received:
    """One mail the server took."""

    sender: str
    recipients: list[str]
    content: bytes


@dataclass
class Script:
    """
    What the server does: an answer per command, or `DROP` to hang up instead of answering.

    `in_content` hangs up after so many bytes of the content.
    """

    greeting: str = "220 test ready"
    mail: str = "250 ok"
    rcpt: dict[str, str] = field(default_factory=dict)
    data: str = "354 go on"
    content: str = "250 queued"
    quit: str = "221 bye"
    in_content: int | None = None


DROP = "DROP"


class SmtpServer:
    """Speaks SMTP (RFC 5321) on a port of its own until the block ends."""

    def __init__(self, script: Script | None = None) -> None:
        self.script = script or Script()
        self.taken: list[Received] = []
        self.commands: list[str] = []
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._socket.close()
        # Wakes a server that waits for the next caller.
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        self._socket.settimeout(0.05)
        while True:
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self.connections += 1
            connection.settimeout(10)
            with connection:
                try:
                    self._talk(connection)
                except (_HungUp, OSError):
                    continue

    def _talk(self, connection: socket.socket) -> None:
        script = self.script
        _say(connection, script.greeting)
        mail = Received("", [], b"")
        with connection.makefile("rb") as lines:
            while line := lines.readline():
                command = line.decode().strip()
                self.commands.append(command)
                verb = command.upper()
                if verb.startswith("MAIL FROM:"):
                    mail.sender = _path(command)
                    _say(connection, script.mail)
                elif verb.startswith("RCPT TO:"):
                    path = _path(command)
                    mail.recipients.append(path)
                    _say(connection, script.rcpt.get(path, "250 ok"))
                elif verb == "DATA":
                    _say(connection, script.data)
                    if script.data.startswith("354"):
                        self._take(connection, lines, mail)
                        mail = Received("", [], b"")
                elif verb == "QUIT":
                    _say(connection, script.quit)
                    return
                else:
                    _say(connection, "250 test")

    def _take(self, connection: socket.socket, lines: object, mail: Received) -> None:
        read = 0
        while (line := lines.readline()) != b".\r\n":  # type: ignore[attr-defined]
            if not line:
                return
            read += len(line)
            if self.script.in_content is not None and read >= self.script.in_content:
                raise _HungUp
            mail.content += line
        if self.script.content.startswith("250"):
            self.taken.append(mail)
        if self.script.content.startswith("250 lost"):
            self.taken.append(mail) if mail not in self.taken else None
            raise _HungUp
        _say(connection, self.script.content)


class _HungUp(Exception):
    pass


def _say(connection: socket.socket, text: str) -> None:
    if text == DROP:
        raise _HungUp
    connection.sendall(text.encode() + b"\r\n")


def _path(command: str) -> str:
    return command[command.index("<") + 1 : command.index(">")]
