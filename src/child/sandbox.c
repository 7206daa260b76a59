/* SPDX-License-Identifier: Apache-2.0 */
/* The filter is a list of system calls that computing, memory, threads and the one open link need,
 * written by hand (linux/filter.h) so that no library is needed; everything else is answered EPERM.
 * An error instead of a kill keeps glibc's and FFmpeg's optional calls (a file under /proc, a
 * scheduling hint) harmless.
 *
 *   - mmap and mprotect never make memory executable.
 *   - Only the link is written to: standard error is the server's log, and its lines are believed.
 *   - Signals reach the process itself and no other: the server runs as the same user.
 *   - clone makes threads only. Its flags are a plain argument; clone3's lie in memory where a
 *     filter cannot look, so it is answered ENOSYS and glibc falls back to clone.
 *   - Under AddressSanitizer, whose runtime reads files and maps memory of every kind, only what
 * the self-test tries is refused. */
#include "child/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#else
#error "say which audit architecture this is: the filter depends on it"
#endif

#define LINK_FD     0
#define PROGRAM_MAX 512
#define X32_BIT     0x40000000 /* x86-64's second numbering of the same calls */

#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
#define NEW_WORLDS                                                                                 \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |  \
     CLONE_NEWNET | CLONE_VFORK | CLONE_PTRACE)

/* clang-format off */
static const int allowed[] = {
    /* the link */
    SYS_read, SYS_close,
    /* memory */
    SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise,
    /* threads */
    SYS_futex, SYS_set_robust_list, SYS_rseq, SYS_sched_getaffinity, SYS_sched_yield, SYS_gettid,
    /* time, randomness, bookkeeping */
    SYS_clock_gettime, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday, SYS_getrandom,
    SYS_getrusage, SYS_getpid, SYS_restart_syscall,
    /* signals and the end */
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_exit, SYS_exit_group,
};

/* What a sanitized build refuses. */
static const int refused_always[] = {
    SYS_socket, SYS_connect, SYS_bind, SYS_accept4, SYS_execve, SYS_execveat, SYS_ptrace, SYS_mount,
    SYS_unshare, SYS_setns, SYS_process_vm_writev, SYS_init_module, SYS_bpf, SYS_keyctl,
};
/* clang-format on */

struct program {
    struct sock_filter code[PROGRAM_MAX];
    unsigned short len;
};

static void add(struct program *p, uint16_t code, uint32_t k, uint8_t if_true, uint8_t if_false)
{
    p->code[p->len++] = (struct sock_filter){ code, if_true, if_false, k };
}

static void load(struct program *p, size_t offset)
{
    add(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void answer(struct program *p, uint32_t action)
{
    add(p, BPF_RET | BPF_K, action, 0, 0);
}

static uint32_t refuse(int err)
{
    return SECCOMP_RET_ERRNO | (uint32_t)err;
}

/* The low half of an argument: flags and protections fit into it. */
static size_t arg(int index)
{
    return offsetof(struct seccomp_data, args) + 8 * (size_t)index;
}

static void check_architecture(struct program *p)
{
    load(p, offsetof(struct seccomp_data, arch));
    add(p, BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCH, 1, 0);
    answer(p, SECCOMP_RET_KILL_PROCESS);
    load(p, offsetof(struct seccomp_data, nr));
    add(p, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
    answer(p, SECCOMP_RET_KILL_PROCESS);
}

static void answer_call(struct program *p, int call, uint32_t action)
{
    add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1);
    answer(p, action);
}

/* Allows `call` unless argument `index` has one of the `forbidden` bits. */
static void allow_without_bits(struct program *p, int call, int index, uint32_t forbidden)
{
    add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 4);
    load(p, arg(index));
    add(p, BPF_JMP | BPF_JSET | BPF_K, forbidden, 0, 1);
    answer(p, refuse(EPERM));
    answer(p, SECCOMP_RET_ALLOW);
}

static void allow_threads(struct program *p)
{
    add(p, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 6);
    load(p, arg(0));
    add(p, BPF_JMP | BPF_JSET | BPF_K, NEW_WORLDS, 3, 0);
    add(p, BPF_ALU | BPF_AND | BPF_K, THREAD_FLAGS, 0, 0);
    add(p, BPF_JMP | BPF_JEQ | BPF_K, THREAD_FLAGS, 0, 1);
    answer(p, SECCOMP_RET_ALLOW);
    answer(p, refuse(EPERM));
}

/* Allows `call` with nothing but `value` as its first argument. */
static void allow_only_for(struct program *p, int call, uint32_t value)
{
    add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 4);
    load(p, arg(0));
    add(p, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    answer(p, SECCOMP_RET_ALLOW);
    answer(p, refuse(EPERM));
}

static void write_strict(struct program *p)
{
    check_architecture(p);
    for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
        answer_call(p, allowed[i], SECCOMP_RET_ALLOW);
    allow_without_bits(p, SYS_mmap, 2, PROT_EXEC);
    allow_without_bits(p, SYS_mprotect, 2, PROT_EXEC);
    allow_threads(p);
    answer_call(p, SYS_clone3, refuse(ENOSYS));
    allow_only_for(p, SYS_write, LINK_FD);
    allow_only_for(p, SYS_writev, LINK_FD);
    allow_only_for(p, SYS_prctl, PR_SET_NAME);
    allow_only_for(p, SYS_tgkill, (uint32_t)getpid()); /* abort() is one to itself */
    answer(p, refuse(EPERM));
}

static void write_relaxed(struct program *p)
{
    check_architecture(p);
    for (size_t i = 0; i < ARRAY_LEN(refused_always); i++)
        answer_call(p, refused_always[i], refuse(EPERM));
    answer(p, SECCOMP_RET_ALLOW);
}

static int install_filter(void)
{
    struct program program = { .len = 0 };
    struct sock_fprog fprog = { .filter = program.code };

    if (IS_SANITIZED)
        write_relaxed(&program);
    else
        write_strict(&program);
    fprog.len = program.len;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -errno;
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &fprog) < 0)
        return -errno;
    return 0;
}

static int is_refused(long result)
{
    return result < 0 && errno == EPERM;
}

/* A filter that lets through what it should not is worse than none: nobody would look again. */
static int self_test(void)
{
    char *const nothing[] = { NULL };

    if (!IS_SANITIZED && !is_refused(open("/", O_RDONLY | O_CLOEXEC)))
        return -EACCES;
    if (!is_refused(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)))
        return -EACCES;
    if (!is_refused(execve("/bin/true", nothing, NULL)))
        return -EACCES;
    return 0;
}

static int limit(int resource, rlim_t value)
{
    struct rlimit rlimit = { value, value };

    return setrlimit((__rlimit_resource_t)resource, &rlimit) < 0 ? -errno : 0;
}

int sandbox_prepare(void)
{
    int err = limit(RLIMIT_CORE, 0);

    if (!err && prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        err = -errno;
    if (!err && prctl(PR_SET_DUMPABLE, 0) < 0)
        err = -errno;
    close_range(3, ~0U, 0);
    return err;
}

int sandbox_enter(size_t memory_max)
{
    int err = limit(RLIMIT_FSIZE, 0);

    if (!err && !IS_SANITIZED)
        err = limit(RLIMIT_AS, memory_max);
    if (!err)
        err = install_filter();
    return err ? err : self_test();
}
