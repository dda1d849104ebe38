"""Runs a program at a terminal of its own, as somebody who types.

Its argument is JSON: {"command": [...], "steps": [[TEXT TO WAIT FOR, WHAT TO TYPE], ...]}; what to type may be {"signal": NUMBER}.
Says in JSON: what was on the screen, the exit code, and for each step and the end whether the terminal shows what is typed.
"""
import json, os, pty, select, sys, termios, time

given = json.loads(sys.argv[1])
end = time.time() + 30
child, terminal = pty.fork()
if child == 0:
    os.execvp(given["command"][0], given["command"])

screen = b""


def look(timeout):
    global screen
    if select.select([terminal], [], [], timeout)[0]:
        try:
            screen += os.read(terminal, 4096)
        except OSError:
            return False
    return True


def state():
    flags = termios.tcgetattr(terminal)[3]
    return {"echo": bool(flags & termios.ECHO), "lines": bool(flags & termios.ICANON), "keys": bool(flags & termios.ISIG)}


states = []
seen = 0
for wanted, typed in given["steps"]:
    while wanted.encode() not in screen[seen:] and time.time() < end and look(0.1):
        pass
    seen = len(screen)
    states.append(state())
    if isinstance(typed, dict):
        os.kill(child, typed["signal"])
    else:
        os.write(terminal, typed.encode("latin1"))
status = None
while status is None and time.time() < end:
    look(0.05)
    pid, code = os.waitpid(child, os.WNOHANG)
    if pid != 0:
        status = os.waitstatus_to_exitcode(code)
while select.select([terminal], [], [], 0)[0] and look(0):
    pass
if status is None:
    os.kill(child, 9)
print(json.dumps({"screen": screen.decode(), "code": status, "states": states, "after": state()}))
