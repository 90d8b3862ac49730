"""A system bus of its own with a stand-in for systemd-logind, whose sessions a test locks and ends."""

import contextlib
import pathlib
import subprocess
import threading

from jeepney import DBusAddress, HeaderFields, MessageType, new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.threading import DBusRouter, open_dbus_connection

NAME = "org.freedesktop.login1"
PATH = "/org/freedesktop/login1"
MANAGER = DBusAddress(PATH, bus_name=NAME, interface="org.freedesktop.login1.Manager")

# As the system's bus in this: everybody may send signals, to all or to one.
CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
  </policy>
</busconfig>
"""


class Bus:
    """`dbus-daemon` at a socket in a folder."""

    def __init__(self, folder):
        self.socket = pathlib.Path(folder) / "bus"
        self.configuration = pathlib.Path(folder) / "bus.conf"
        self.configuration.write_text(CONFIGURATION.format(socket=self.socket))
        self.start()

    @property
    def address(self):
        return f"unix:path={self.socket}"

    def start(self):
        self.socket.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            ["dbus-daemon", f"--config-file={self.configuration}", "--nofork", "--print-address"], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        # It prints where it listens once it does.
        assert self.process.stdout.readline()

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class Login1:
    """Answers as systemd-logind does, and sends its signals."""

    def __init__(self, bus, uid, sessions=()):
        self.uid = uid
        # By id: type, and whether the screen locker says that it is locked.
        self.sessions = {id: ["wayland", False] for id in sessions}
        self.sleeps = False
        self.connection = open_dbus_connection(bus.address)
        with DBusRouter(self.connection) as router:
            router.send_and_get_reply(message_bus.RequestName(NAME))
        # The router has ended; from now on this thread answers.
        self.thread = threading.Thread(target=self.answer, daemon=True)
        self.thread.start()

    def close(self):
        self.connection.close()
        self.thread.join(10)

    def path(self, id):
        return f"{PATH}/session/_3{id}"

    def answer(self):
        with contextlib.suppress(Exception):
            while True:
                message = self.connection.receive()
                if message.header.message_type is not MessageType.method_call:
                    continue
                try:
                    signature, body = self.returned(message)
                    reply = new_method_return(message, signature, body)
                except KeyError:
                    reply = new_error(message, "org.freedesktop.DBus.Error.UnknownObject")
                self.connection.send(reply)

    def returned(self, message):
        fields = message.header.fields
        match fields[HeaderFields.member]:
            case "ListSessions":
                # Somebody else's session is there as well.
                own = [(id, self.uid, "agent", "seat0", self.path(id)) for id in self.sessions]
                return "a(susso)", (own + [("9", self.uid + 1, "other", "seat0", self.path("9"))],)
            case "Get":
                return "v", (("b", self.sleeps),)
            case "GetAll":
                kind, hint = next(
                    session for id, session in self.sessions.items() if self.path(id) == fields[HeaderFields.path])
                return "a{sv}", ({
                    "Type": ("s", kind), "Class": ("s", "user"), "State": ("s", "active"), "LockedHint": ("b", hint),
                    "Timestamp": ("t", 1), "Seat": ("(so)", ("seat0", "/")),
                },)
        raise KeyError

    def signal(self, path, interface, member, signature=None, body=()):
        self.connection.send(new_signal(DBusAddress(path, interface=interface), member, signature, body))

    def lock(self, id, member="Lock"):
        self.signal(self.path(id), "org.freedesktop.login1.Session", member)

    def hint(self, id, is_locked):
        self.sessions[id][1] = is_locked
        self.signal(
            self.path(id), "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as",
            ("org.freedesktop.login1.Session", {"LockedHint": ("b", is_locked)}, []))

    def begin(self, id):
        self.sessions[id] = ["wayland", False]
        self.signal(PATH, MANAGER.interface, "SessionNew", "so", (id, self.path(id)))

    def end(self, id):
        del self.sessions[id]
        self.signal(PATH, MANAGER.interface, "SessionRemoved", "so", (id, self.path(id)))

    def sleep(self, begins):
        self.sleeps = begins
        self.signal(PATH, MANAGER.interface, "PrepareForSleep", "b", (begins,))


class Stranger:
    """Another program on the bus, which sends what logind would send."""

    def __init__(self, bus):
        self.connection = open_dbus_connection(bus.address)

    def close(self):
        self.connection.close()

    def send_to_everyone(self, login1, id, members=("Lock",), size=0):
        """To all, and to each connection alone, which nobody has to subscribe to."""
        with DBusRouter(self.connection) as router:
            names = router.send_and_get_reply(message_bus.ListNames()).body[0]
        for name in [None] + [name for name in names if name.startswith(":")]:
            for member in members:
                message = new_signal(
                    DBusAddress(login1.path(id), interface="org.freedesktop.login1.Session"), member,
                    "s" if size else None, ("x" * size,) if size else ())
                if name:
                    message.header.fields[HeaderFields.destination] = name
                self.connection.send(message)
