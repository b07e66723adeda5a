"""The inner sandbox as pure data: paths, sizes, system calls.

Each list is an allow-list; what is not listed is not available to a learner's code.
"""

from __future__ import annotations

from typing import Final

MIB: Final = 2**20

UID: Final = 1000
"""The only user id inside; outside it maps to the dedicated user."""
HOSTNAME: Final = "notebook"
HOME: Final = "/home/learner"
"""Home and working directory: a small private file system in memory."""
DATA: Final = f"{HOME}/data"
"""The exercise's data, read-only."""
SCRATCH_PLACES: Final = (HOME, "/tmp", "/dev/shm")  # noqa: S108 - private mounts, not the host's
"""The writable paths; they share one file system of `Limits.scratch_bytes`."""
SCRATCH_INODES: Final = 4096
DATA_BYTES: Final = 64 * MIB
"""The maximum size of an exercise's data; it is copied into each run's memory."""
REPLY_BYTES: Final = 256 * 1024
"""The maximum size of completions or a signature with its documentation."""
REPLY_SECONDS: Final = 1
"""How long finding them may take."""
REPLY_MEMORY_BYTES: Final = 128 * MIB
"""The memory that looking for it may take, beyond what the cells have made."""
CPU_SLACK_SECONDS: Final = 5
"""What the kernel allows a run with checkpoints beyond its limit of CPU time, which the host keeps:
waiting and forking as a checkpoint counts as well, and is not the notebook's."""
FILE_DESCRIPTORS_KEPT: Final = 3
"""stdin, stdout, stderr."""

THREAD_VARIABLES: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
)
"""Where numerical libraries read their number of threads."""

CAP_LAST: Final = 63
"""The highest capability number to drop, if the kernel has it."""

CLONE_NEW_ANY: Final = 0x7E020080
"""CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET and (where `clone` takes it) TIME."""

AF_UNIX: Final = 1
IOCTLS: Final = (
    *(0x5401, 0x5402, 0x5403, 0x5404),  # TCGETS, TCSETS, TCSETSW, TCSETSF
    *(0x540B, 0x540E, 0x540F, 0x5410, 0x5429),  # TCFLSH, TIOCSCTTY, TIOCGPGRP, TIOCSPGRP, TIOCGSID
    *(0x5413, 0x5414),  # TIOCGWINSZ, TIOCSWINSZ
    *(0x541B, 0x5421, 0x5450, 0x5451),  # FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
    *(0x80045430, 0x40045431),  # TIOCGPTN, TIOCSPTLCK: to open a pseudo-terminal
)
"""Allowed ioctl requests; injecting terminal input (TIOCSTI, TIOCLINUX) is not among them."""

FCNTLS: Final = (
    *(0, 1, 2, 3, 4),  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL
    *(8, 9, 1030, 1031, 1032),  # F_SETOWN, F_GETOWN, F_DUPFD_CLOEXEC, F_SETPIPE_SZ, F_GETPIPE_SZ
)
"""Allowed fcntl commands: no lock (also one for reading, also only to ask for), lease or watch."""

SYSCALLS: Final = tuple(
    # A table of words is easier to review than 250 quoted lines.
    """
    read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close
    close_range open openat openat2 creat dup dup2 dup3 pipe pipe2 fsync fdatasync
    ftruncate fallocate fadvise64 readahead sendfile copy_file_range sync_file_range
    stat fstat lstat newfstatat statx access faccessat faccessat2 statfs fstatfs getdents
    getdents64 getcwd chdir fchdir mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2
    link linkat
    symlink symlinkat readlink readlinkat chmod fchmod fchmodat fchmodat2 chown fchown lchown
    fchownat umask utime utimes utimensat futimesat getxattr lgetxattr fgetxattr listxattr
    llistxattr flistxattr
    mmap munmap mremap mprotect madvise brk msync mincore mlock munlock membarrier
    get_mempolicy set_mempolicy mbind pkey_alloc pkey_free pkey_mprotect
    fork vfork execve execveat wait4 waitid exit exit_group set_tid_address set_robust_list
    get_robust_list rseq futex futex_waitv arch_prctl prctl
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigqueueinfo
    rt_tgsigqueueinfo rt_sigsuspend sigaltstack kill tkill tgkill pause alarm setitimer getitimer
    signalfd signalfd4 restart_syscall
    getpid getppid gettid getuid geteuid getgid getegid getresuid getresgid getgroups getpgid
    getpgrp setpgid getsid setsid getpriority setpriority capget
    getrlimit setrlimit prlimit64 getrusage times sysinfo uname getcpu getrandom
    sched_yield sched_getaffinity sched_getparam sched_getscheduler
    sched_get_priority_max sched_get_priority_min sched_rr_get_interval sched_getattr
    clock_gettime clock_getres clock_nanosleep gettimeofday time nanosleep
    timer_create timer_settime timer_gettime timer_getoverrun timer_delete
    timerfd_create timerfd_settime timerfd_gettime
    select pselect6 poll ppoll epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait
    epoll_pwait epoll_pwait2 eventfd eventfd2
    bind listen connect accept accept4 getsockname getpeername getsockopt setsockopt shutdown
    sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg
    mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr
    pidfd_open pidfd_send_signal
    """.split()  # noqa: SIM905 - the same
)
"""Allowed with any argument; `clone`, `socket`, `socketpair`, `ioctl`, `fcntl` have rules of their
own.

Not among them: memory files and System V's segments, whose pages no limit of a process counts;
`flock` and inotify, by which two runs at the same time could signal through the package files that
both can read; `splice`, `tee` and `vmsplice`, which no notebook needs and which have had exploits.
"""
