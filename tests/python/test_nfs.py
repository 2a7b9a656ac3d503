# SPDX-License-Identifier: GPL-2.0-or-later
"""NFS client and RPC: what a made-up dump says, in the words of /proc/mounts and /proc/self/mountstats."""

import re
import subprocess
import unittest

import dumps
import pykd
from pykd.kernel.fs import nfs
from pykd.kernel.net import sunrpc
from pykd.programs.nfs import mounts, state

TEXT = """
machine x86_64
types
    typedef unsigned int u32;
    typedef long ktime_t;
    struct list_head { struct list_head *next, *prev; };
    struct rb_node { unsigned long __rb_parent_color; struct rb_node *rb_right, *rb_left; };
    struct rb_root { struct rb_node *rb_node; };
    struct sockaddr_storage_ { unsigned short ss_family; char __data[126]; };
    struct task_struct { int pid; };
    struct tk_read_base { unsigned long base, xtime_nsec; unsigned int shift; };
    struct timekeeper { struct tk_read_base tkr_mono; };
    struct core { unsigned long seq; struct timekeeper timekeeper; };
    struct rpc_authops { u32 au_flavor; };
    struct rpc_auth { struct rpc_authops *au_ops; u32 au_flavor; };
    struct rpc_timeout { unsigned long to_initval; unsigned int to_retries; };
    struct rpc_procinfo { u32 p_proc; char *p_name; };
    struct rpc_version { u32 number; unsigned int nrprocs; struct rpc_procinfo *procs; unsigned int *counts; };
    struct rpc_program { char *name; u32 number; unsigned int nrvers; struct rpc_version **version; };
    struct rpc_stat { struct rpc_program *program; unsigned int netcnt, netudpcnt, nettcpcnt, nettcpconn, netreconn, rpccnt, rpcretrans, rpcauthrefresh, rpcgarbage; };
    struct rpc_iostats { unsigned long om_ops, om_ntrans, om_timeouts, om_bytes_sent, om_bytes_recv; ktime_t om_queue, om_rtt, om_execute; };
    struct rpc_wait_queue { unsigned int qlen; char *name; };
    struct rpc_stat_ { unsigned long bind_count, connect_count, connect_time, sends, recvs, bad_xids, max_slots, req_u, bklog_u, sending_u, pending_u; };
    struct rpc_xprt_ops { void (*print_stats)(void); };
    struct rpc_xprt {
        struct rpc_xprt_ops *ops; int prot; unsigned long state, last_used; struct rpc_wait_queue binding, sending, pending, backlog;
        struct rpc_stat_ stat; char *servername; char *address_strings[6];
    };
    struct sock_xprt { struct rpc_xprt xprt; unsigned short srcport; };
    struct rpc_clnt {
        struct list_head cl_tasks; struct rpc_xprt *cl_xprt; struct rpc_procinfo *cl_procinfo; u32 cl_prog, cl_vers, cl_maxproc;
        struct rpc_auth *cl_auth; struct rpc_stat *cl_stats; struct rpc_iostats *cl_metrics; struct rpc_timeout *cl_timeout; struct rpc_clnt *cl_parent;
        struct rpc_program *cl_program;
    };
    struct rpc_rqst { int rq_retries; };
    struct rpc_message { struct rpc_procinfo *rpc_proc; };
    struct rpc_task {
        int tk_status; struct list_head tk_task; void (*tk_callback)(void); struct rpc_wait_queue *tk_waitqueue; struct rpc_message tk_msg;
        struct rpc_clnt *tk_client; struct rpc_rqst *tk_rqstp; ktime_t tk_start; int tk_owner; unsigned short tk_flags;
    };
    struct nfs_rpc_ops { u32 version; };
    struct nfs_client {
        struct sockaddr_storage_ cl_addr; char *cl_hostname; struct rpc_clnt *cl_rpcclient; struct nfs_rpc_ops *rpc_ops; u32 cl_minorversion;
        unsigned int cl_nconnect; unsigned long cl_state, cl_lease_time, cl_last_renewal; char cl_ipaddr[48];
    };
    struct inode { unsigned long i_ino; };
    struct nfs4_state { struct list_head open_states; struct inode *inode; unsigned long flags; unsigned int n_rdonly, n_wronly, n_rdwr; };
    struct nfs4_state_owner { struct rb_node so_server_node; unsigned long so_flags; struct list_head so_states; };
    struct nfs_delegation { struct list_head super_list; struct inode *inode; unsigned int type; unsigned long flags; };
    struct nfs_server {
        struct nfs_client *nfs_client; struct rpc_clnt *client; unsigned int flags, caps, rsize, wsize, wtmult, dtsize, bsize, acregmin, acregmax,
        acdirmin, acdirmax, namelen, options; unsigned long mount_time; struct rb_root state_owners; struct list_head delegations;
        struct sockaddr_storage_ mountd_address; u32 mountd_version; unsigned short mountd_port, mountd_protocol;
    };
text
    xs_tcp_print_stats  c3
    rpc_callback  c3
data
    unsigned long jiffies_64 = 100000;
    struct core tk_core = { 0, { { 90000000000 } } };
    struct rpc_authops authops = { 1 };
    struct rpc_auth auth = { &authops, 390004 };
    struct rpc_timeout timeout = { 15000, 2 };
    struct rpc_program program = { "nfs", 100003, 3, versions };
    unsigned int counts[2] = { 0, 9 };
    struct rpc_version third = { 3, 2, procedures, counts };
    unsigned long versions[3] = { 0, 0, &third };
    struct rpc_stat counted = { 0, 5, 1, 4, 2, 3, 107, 6, 8, 7 };
    struct rpc_procinfo procedures[2] = { { 0 }, { 1, "GETATTR" } };
    struct rpc_iostats metrics[2] = { { 0 }, { 5, 6, 1, 500, 600, 1000000, 2000000, 3000000 } };
    struct rpc_iostats parents[2] = { { 0 }, { 1, 1 } };
    struct rpc_xprt_ops ops = { &xs_tcp_print_stats };
    struct sock_xprt transport = { .xprt = { .ops = &ops, .prot = 6, .state = 0x212, .last_used = 97500, .pending = { .qlen = 1 },
        .stat = { .bind_count = 1, .connect_count = 2, .connect_time = 500, .sends = 7, .recvs = 6 }, .servername = "filer",
        .address_strings = { "10.0.0.9", "2049", "tcp", "0a000009", "0801", "tcp" } }, .srcport = 849 };
    struct rpc_clnt parent = { .cl_tasks = { &parent.cl_tasks, &parent.cl_tasks }, .cl_metrics = parents, .cl_parent = &parent };
    struct rpc_clnt client = { .cl_tasks = { &call.tk_task, &call.tk_task }, .cl_xprt = &transport, .cl_procinfo = procedures, .cl_prog = 100003,
        .cl_vers = 3, .cl_maxproc = 2, .cl_auth = &auth, .cl_stats = &counted, .cl_metrics = metrics, .cl_timeout = &timeout, .cl_parent = &parent, .cl_program = &program };
    struct rpc_rqst request = { 3 };
    struct rpc_wait_queue pending = { 1, "xprt_pending" };
    struct rpc_task call = { .tk_status = -11, .tk_task = { &client.cl_tasks, &client.cl_tasks }, .tk_callback = &rpc_callback,
        .tk_waitqueue = &pending, .tk_msg = { &procedures[1] }, .tk_client = &client, .tk_rqstp = &request, .tk_start = 30000000000, .tk_owner = 77,
        .tk_flags = 0x801 };
    struct nfs_rpc_ops v3 = { 3 };
    struct nfs_rpc_ops v4 = { 4 };
    struct nfs_client three = { .cl_addr = { 2, { 8, 1, 10, 0, 0, 9 } }, .cl_hostname = "filer", .cl_rpcclient = &client, .rpc_ops = &v3 };
    struct nfs_client four = { .cl_addr = { 2, { 8, 1, 10, 0, 0, 9 } }, .cl_hostname = "filer", .cl_rpcclient = &client, .rpc_ops = &v4,
        .cl_minorversion = 2, .cl_nconnect = 4, .cl_state = 6, .cl_lease_time = 22500, .cl_last_renewal = 75000, .cl_ipaddr = "10.0.0.1" };
    struct nfs_server old = { .nfs_client = &three, .client = &client, .flags = 0x30221, .rsize = 65536, .wsize = 32768, .namelen = 255,
        .acregmin = 750, .acregmax = 15000, .acdirmin = 7500, .acdirmax = 0, .mountd_address = { 2, { 0, 0, 10, 0, 0, 9 } },
        .mountd_version = 3, .mountd_port = 20048, .mountd_protocol = 17, .options = 1, .delegations = { &old.delegations, &old.delegations } };
    struct inode file = { 42 };
    struct nfs4_state opened = { .open_states = { &owner.so_states, &owner.so_states }, .inode = &file, .flags = 0x24, .n_rdwr = 1 };
    struct nfs4_state_owner owner = { .so_states = { &opened.open_states, &opened.open_states } };
    struct nfs_delegation lent = { .super_list = { &new.delegations, &new.delegations }, .inode = &file, .type = 1, .flags = 8 };
    struct nfs_server new = { .nfs_client = &four, .client = &client, .flags = 0x300000, .rsize = 1048576, .wsize = 1048576, .namelen = 255,
        .acregmin = 750, .acregmax = 15000, .acdirmin = 7500, .acdirmax = 15000, .state_owners = { &owner.so_server_node },
        .delegations = { &lent.super_list, &lent.super_list } };
"""


def with_texts(text):
    """Texts that pointers lead to, as variables of their own."""
    kept = {}

    def named(match):
        return match[0] if match[1] else f"{kept.setdefault(match[2], f'text_{len(kept)}')}"

    text = re.sub(r'(cl_ipaddr = )?"(.*?)"', named, text)
    return text + "".join(f'    char {name}[] = "{content}";\n' for content, name in kept.items())


class Nfs(unittest.TestCase):
    def setUp(self):
        path, self.at = dumps.made(self, with_texts(TEXT))
        before = dumps.have_one_open()
        self.dump = pykd.open(path)
        pykd.set_current(before)

    def object(self, kind, name):
        return self.dump.object(f"struct {kind}", self.at[name])

    def test_options_of_version_3(self):
        self.assertEqual(
            ",".join(nfs.mount_options(self.dump, self.object("nfs_server", "old"))),
            "vers=3,rsize=65536,wsize=32768,namlen=255,acdirmax=0,soft,noac,nolock,proto=tcp,timeo=600,retrans=2,sec=krb5i,"
            "mountaddr=10.0.0.9,mountvers=3,mountport=20048,mountproto=udp,fsc,lookupcache=none,local_lock=none,addr=10.0.0.9",
        )

    def test_options_that_clients_of_rpc_are_told_of(self):
        text = TEXT.replace("        struct rpc_program *cl_program;\n    };", "        struct rpc_program *cl_program; unsigned int cl_netunreach_fatal : 1;\n    };")
        for flags, words in (("0x300000", "hard,fatal_neterrors=none,proto="), ("0x60300001", "soft,rdirplus=force,fatal_neterrors=ENETDOWN:ENETUNREACH,proto=")):
            path, at = dumps.made(self, with_texts(text.replace(".flags = 0x300000", f".flags = {flags}")))
            dump = dumps.opened(path)
            self.assertIn(words, ",".join(nfs.mount_options(dump, dump.object("struct nfs_server", at["new"]))))

    def test_options_of_version_4(self):
        self.assertEqual(
            ",".join(nfs.mount_options(self.dump, self.object("nfs_server", "new"))),
            "vers=4.2,rsize=1048576,wsize=1048576,namlen=255,hard,proto=tcp,nconnect=4,timeo=600,retrans=2,sec=krb5i,clientaddr=10.0.0.1,"
            "local_lock=all,addr=10.0.0.9",
        )

    def test_calls_under_way(self):
        (task,) = sunrpc.for_each_task(self.dump, self.object("rpc_clnt", "client"))
        row = sunrpc.task_row(self.dump, task)
        self.assertEqual(
            {key: row[key] for key in ("status", "owner", "flags", "procedure", "callback", "waits_on", "retries", "age")},
            {
                "status": -11, "owner": 77, "flags": ["ASYNC", "SENT"], "procedure": "GETATTR", "callback": "rpc_callback",
                "waits_on": "xprt_pending", "retries": 3, "age": 60.0,
            },
        )  # fmt: skip

    def test_transport(self):
        row = sunrpc.transport_row(self.dump, self.object("rpc_xprt", "transport"))
        self.assertEqual(row["state"], ["CONNECTED", "BOUND", "CONGESTED"])
        self.assertEqual((row["idle"], row["queues"]["pending"], row["counters"]["sends"]), (10.0, 1, 7))
        self.assertEqual(mounts._transport(self.dump, self.object("rpc_xprt", "transport")), {"kind": "tcp", "numbers": [849, 1, 2, 2, 10, 7, 6, 0, 0, 0, 0, 0, 0]})

    def test_counters_of_procedures(self):
        """A client that was cloned counts with the one it was cloned from."""
        null, getattr_ = nfs.rpc_counters(self.dump, self.object("rpc_clnt", "client"))
        self.assertEqual((null["name"], null["ops"]), ("NULL", 0))
        self.assertEqual((getattr_["name"], getattr_["ops"], getattr_["ntrans"], getattr_["rtt"]), ("GETATTR", 6, 7, 2000000))

    def test_counters_of_programs(self):
        """Once each program, however many clients speak it; versions without their module count nothing."""
        client = self.object("rpc_clnt", "client")
        (row,) = sunrpc.program_statistics(self.dump, [client, self.object("rpc_clnt", "parent"), client])
        self.assertEqual(list(row["counters"].values()), [5, 1, 4, 2, 3, 107, 6, 8, 7])
        self.assertEqual((row["program"], row["number"]), ("nfs", 100003))
        self.assertEqual(row["versions"], [{"version": 3, "procedures": [{"number": 1, "name": "GETATTR", "calls": 9}]}])

    def test_flags_of_mounts(self):
        self.assertEqual(
            sunrpc.flag_names(int(self.object("nfs_server", "old").flags), nfs.FLAGS), ["SOFT", "NOAC", "NONLM", "LOOKUP_CACHE_NONEG", "LOOKUP_CACHE_NONE"]
        )

    def test_state_of_version_4(self):
        server = self.object("nfs_server", "new")
        (owner,) = nfs.for_each_state_owner(self.dump, server)
        (opened,) = nfs.for_each_open_state(self.dump, owner)
        self.assertEqual((int(opened.n_rdwr), int(opened.inode.i_ino)), (1, 42))
        (lent,) = nfs.for_each_delegation(self.dump, server)
        row = state._delegation(self.dump, lent)
        self.assertEqual((row["type"], row["flags"]), (["FMODE_READ"], ["bit 3"]))
        lease = state._lease(self.dump, server.nfs_client)
        self.assertEqual((lease["lease"], lease["renewed"], lease["state"]), (90.0, 100.0, ["bit 1", "bit 2"]))


class Programs(unittest.TestCase):
    def test_help_of_mountshow(self):
        for dump, expected in dumps.theirs("pykdump-5.10", "vmcore-5.10-zlib", "epython_mountshow__h"):
            result = subprocess.run([dumps.PYKD, "--isolated", dump, "-c", "epython mountshow -h"], stdout=subprocess.PIPE, check=False)
            self.assertEqual(dumps.golden.without_times(result.stdout.decode()), expected)

    def test_no_mounts_are_no_failure(self):
        for dump in dumps.vmcores():
            commands = ("mountshow", "mountshow --stats", "mountshow /", "nfs4show -a", "nfsshow -a -v", "nfsshow", "nfsshow --pid")
            words = [word for command in commands for word in ("-c", command)]
            result = subprocess.run([dumps.PYKD, "--isolated", dump, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            text = result.stdout.decode()
            self.assertNotIn("Traceback", text)
            self.assertIn("Nothing is mounted at /", text)


if __name__ == "__main__":
    unittest.main()
