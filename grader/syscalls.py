"""Which system calls a worker may make, as a program for the kernel's seccomp filter.

What is on no list answers ENOSYS, so that the C library falls back on older calls; what a learner
should recognise as refused answers EPERM, which Python raises as PermissionError. Numbers are
those of x86-64 and of aarch64, "-" where the architecture has no such call.
"""

from __future__ import annotations

import errno
import functools
import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["MACHINES", "program"]

# machine: (AUDIT_ARCH of its calls, its column in the tables)
MACHINES: Final = {"x86_64": (0xC000003E, 1), "aarch64": (0xC00000B7, 2)}

ALLOWED: Final = """
read 0 63, write 1 64, close 3 57, fstat 5 80, stat 4 -, lstat 6 -, newfstatat 262 79,
statx 332 291, poll 7 -, ppoll 271 73, select 23 -, pselect6 270 72, lseek 8 62, mmap 9 222,
mprotect 10 226, munmap 11 215, mremap 25 216, brk 12 214, madvise 28 233, rt_sigaction 13 134,
rt_sigprocmask 14 135, rt_sigreturn 15 139, rt_sigpending 127 136, rt_sigtimedwait 128 137,
rt_sigsuspend 130 133, sigaltstack 131 132, pread64 17 67, pwrite64 18 68, readv 19 65,
writev 20 66, access 21 -, faccessat 269 48, faccessat2 439 439, open 2 -, openat 257 56,
creat 85 -, dup 32 23, dup2 33 -, dup3 292 24, sched_yield 24 124, nanosleep 35 101,
clock_nanosleep 230 115, getitimer 36 102, setitimer 38 103, alarm 37 -, pause 34 -,
getpid 39 172, gettid 186 178, getppid 110 173, getuid 102 174, geteuid 107 175, getgid 104 176,
getegid 108 177, getresuid 118 148, getresgid 120 150, getgroups 115 158, getpgrp 111 -,
getpgid 121 155, getsid 124 156, uname 63 160, flock 73 32, fsync 74 82, fdatasync 75 83,
ftruncate 77 46, fallocate 285 47, fadvise64 221 223, getdents 78 -, getdents64 217 61,
getcwd 79 17, chdir 80 49, fchdir 81 50, rename 82 -, renameat 264 38, renameat2 316 276,
mkdir 83 -, mkdirat 258 34, rmdir 84 -, unlink 87 -, unlinkat 263 35, readlink 89 -,
readlinkat 267 78, umask 95 166, gettimeofday 96 169, time 201 -, clock_gettime 228 113,
clock_getres 229 114, getrlimit 97 163, getrusage 98 165, sysinfo 99 179, times 100 153,
capget 125 90, statfs 137 43, fstatfs 138 44, sched_getaffinity 204 123, sched_getparam 143 121,
sched_getscheduler 145 120, sched_get_priority_max 146 125, sched_get_priority_min 147 126,
getpriority 140 141, getcpu 309 168, futex 202 98, exit 60 93, exit_group 231 94,
getrandom 318 278, membarrier 324 283, restart_syscall 219 128, wait4 61 260, waitid 247 95,
recvfrom 45 207, sendto 44 206
"""
REFUSED: Final = """
clone 56 220, fork 57 -, vfork 58 -, execve 59 221, execveat 322 281, pipe 22 -, pipe2 293 59,
socket 41 198, socketpair 53 199, connect 42 203, accept 43 202, accept4 288 242, bind 49 200,
listen 50 201, sendmsg 46 211, recvmsg 47 212, sendmmsg 307 269, recvmmsg 299 243,
shutdown 48 210, getsockname 51 204, getpeername 52 205, setsockopt 54 208, getsockopt 55 209,
ptrace 101 117, process_vm_readv 310 270, process_vm_writev 311 271, kcmp 312 272,
pidfd_open 434 434, pidfd_getfd 438 438, pidfd_send_signal 424 424, rt_sigqueueinfo 129 138,
rt_tgsigqueueinfo 297 240, mount 165 40, umount2 166 39, mount_setattr 442 442, open_tree 428 428,
move_mount 429 429, fsopen 430 430, fsconfig 431 431, fsmount 432 432, fspick 433 433,
pivot_root 155 41, chroot 161 51, unshare 272 97, setns 308 268, setuid 105 146, setgid 106 144,
setreuid 113 145, setregid 114 143, setresuid 117 147, setresgid 119 149, setfsuid 122 151,
setfsgid 123 152, setgroups 116 159, capset 126 91, setpgid 109 154, setsid 112 157, chmod 90 -,
fchmod 91 52, fchmodat 268 53, chown 92 -, lchown 94 -, fchown 93 55, fchownat 260 54,
utime 132 -, utimes 235 -, futimesat 261 -, utimensat 280 88, setxattr 188 5, lsetxattr 189 6,
fsetxattr 190 7, removexattr 197 14, lremovexattr 198 15, fremovexattr 199 16, link 86 -,
linkat 265 37, symlink 88 -, symlinkat 266 36, mknod 133 -, mknodat 259 33, truncate 76 45,
name_to_handle_at 303 264, open_by_handle_at 304 265, setrlimit 160 164, setpriority 141 140,
sched_setaffinity 203 122, sched_setparam 142 118, sched_setscheduler 144 119,
sched_setattr 314 274, ioprio_set 251 30, personality 135 92, seccomp 317 277, bpf 321 280,
perf_event_open 298 241, userfaultfd 323 282, io_uring_setup 425 425, io_uring_enter 426 426,
io_uring_register 427 427, add_key 248 217, request_key 249 218, keyctl 250 219, syslog 103 116,
sethostname 170 161, setdomainname 171 162, reboot 169 142, kexec_load 246 104,
kexec_file_load 320 294, init_module 175 105, finit_module 313 273, delete_module 176 106,
swapon 167 224, swapoff 168 225, acct 163 89, quotactl 179 60, settimeofday 164 170,
clock_settime 227 112, adjtimex 159 171, clock_adjtime 305 266, iopl 172 -, ioperm 173 -,
modify_ldt 154 -, shmget 29 194, shmat 30 196, shmdt 67 197, shmctl 31 195, semget 64 190,
semop 65 193, semtimedop 220 192, semctl 66 191, msgget 68 186, msgsnd 69 189, msgrcv 70 188,
msgctl 71 187, mq_open 240 180, mq_unlink 241 181, memfd_create 319 279, memfd_secret 447 447,
mlock 149 228, mlock2 325 284, mlockall 151 230, inotify_init 253 -, inotify_init1 294 26,
fanotify_init 300 262
"""
# Allowed for some arguments; `_conditions` says for which.
EXAMINED: Final = """
kill 62 129, tkill 200 130, tgkill 234 131, prctl 157 167, prlimit64 302 261, ioctl 16 29,
fcntl 72 25
"""

COMMANDS: Final = {
    # F_DUPFD, GETFD, SETFD, GETFL, SETFL, GETLK, SETLK, SETLKW, DUPFD_CLOEXEC: the others can
    # have signals sent (F_SETOWN, F_SETSIG) or grow buffers that no limit counts (F_SETPIPE_SZ).
    "fcntl": (0, 1, 2, 3, 4, 5, 6, 7, 1030),
    # TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX.
    "ioctl": (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451),
    # PR_GET_DUMPABLE, SET_NAME, GET_NAME, GET_SECCOMP, CAPBSET_READ, GET_NO_NEW_PRIVS.
    "prctl": (3, 15, 16, 21, 23, 39),
}

# Classic BPF: load a word of seccomp_data, compare and skip, and return.
LOAD: Final = 0x20
JUMP_EQUAL: Final = 0x15
JUMP_AT_LEAST: Final = 0x35
RETURN: Final = 0x06
NUMBER: Final = 0
ARCHITECTURE: Final = 4
ARGUMENTS: Final = 16
ALLOW: Final = 0x7FFF0000
KILL: Final = 0x80000000
ERROR: Final = 0x00050000
X32: Final = 0x40000000

Instruction = tuple[int, int, int, int]


@functools.lru_cache
def program(machine: str, pid: int) -> bytes:
    """Return the filter for a worker of this process id, as an array of `struct sock_filter`.

    Raises KeyError for a machine whose numbers are not known here.
    """
    architecture, _ = MACHINES[machine]
    code: list[Instruction] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
    ]
    if machine == "x86_64":
        code += [(JUMP_AT_LEAST, 0, 1, X32), (RETURN, 0, 0, KILL)]
    for _, number in _numbers(ALLOWED, machine):
        code += _case(number, [(RETURN, 0, 0, ALLOW)])
    for name, number in _numbers(EXAMINED, machine):
        code += _case(number, _conditions(name, pid))
    for _, number in _numbers(REFUSED, machine):
        code += _case(number, [(RETURN, 0, 0, ERROR | errno.EPERM)])
    code.append((RETURN, 0, 0, ERROR | errno.ENOSYS))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def _numbers(table: str, machine: str) -> Iterator[tuple[str, int]]:
    column = MACHINES[machine][1]
    for entry in table.split(","):
        fields = entry.split()
        if fields[column] != "-":
            yield fields[0], int(fields[column])


def _case(number: int, block: list[Instruction]) -> list[Instruction]:
    """Run a block, which ends in a return, for one system call and skip it for all others."""
    return [(JUMP_EQUAL, 0, len(block), number), *block]


def _conditions(name: str, pid: int) -> list[Instruction]:
    """Allow a system call for the arguments that harm nobody, and refuse it otherwise."""
    own = (pid, 0, -pid & 0xFFFFFFFF)  # itself, and its group, in which it is alone
    match name:
        case "kill":
            code = _require(0, own)
        case "tkill":
            code = _require(0, (pid,))
        case "tgkill":
            code = [*_require(0, (pid,)), *_require(1, (pid,))]
        case "prlimit64":
            # Its own limits, and no new ones: that pointer is null in both of its halves.
            code = [*_require(0, (0, pid)), *_require(2, (0,)), *_require(2, (0,), half=4)]
        case "prctl":
            code = _require(0, COMMANDS[name])
        case _:
            code = _require(1, COMMANDS[name])
    return [*code, (RETURN, 0, 0, ALLOW)]


def _require(argument: int, values: Sequence[int], half: int = 0) -> list[Instruction]:
    """Go on where half an argument, the lower one first, is one of these values; else refuse."""
    code: list[Instruction] = [(LOAD, 0, 0, ARGUMENTS + 8 * argument + half)]
    for left, value in zip(range(len(values) - 1, -1, -1), values, strict=True):
        code.append((JUMP_EQUAL, left + 1, 0, value))
    return [*code, (RETURN, 0, 0, ERROR | errno.EPERM)]
