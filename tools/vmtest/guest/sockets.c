/* Sockets of every family and TCP in every state that loopback reaches. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "guest.h"

struct endpoint {
	socklen_t len;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
};

static struct endpoint at(int family, const char *address, int port)
{
	struct endpoint ret = { .any.sa_family = family };

	if (family == AF_INET6) {
		ret.len = sizeof(ret.in6);
		ret.in6.sin6_port = htons(port);
		inet_pton(family, address, &ret.in6.sin6_addr);
	} else {
		ret.len = sizeof(ret.in);
		ret.in.sin_port = htons(port);
		inet_pton(family, address, &ret.in.sin_addr);
	}
	return ret;
}

static int listener(struct endpoint where, int backlog)
{
	int fd = socket(where.any.sa_family, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, &where.any, where.len) || listen(fd, backlog))
		complain("listen on port %d", ntohs(where.in.sin_port));
	return fd;
}

static int dial(struct endpoint where)
{
	int fd = socket(where.any.sa_family, SOCK_STREAM, 0);

	if (connect(fd, &where.any, where.len))
		complain("connect to port %d", ntohs(where.in.sin_port));
	return fd;
}

/* Both ends of a connection in one process. */
static void connection(int family, const char *address, int port, int *client, int *server)
{
	struct endpoint where = at(family, address, port);
	int fd = listener(where, 8);

	*client = dial(where);
	*server = accept(fd, NULL, NULL);
}

static void tcp(void *arg)
{
	static const char bytes[4096];
	int on = 1, client, server, fd;

	(void)arg;
	/* established, with data that nobody reads, options set */
	connection(AF_INET, "127.0.0.1", 5001, &client, &server);
	setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	send(client, bytes, sizeof(bytes), 0);
	connection(AF_INET6, "::1", 5002, &client, &server);
	send(server, bytes, 100, 0);
	/* fin-wait-2 and close-wait */
	connection(AF_INET, "127.0.0.1", 5003, &client, &server);
	shutdown(client, SHUT_WR);
	/* fin-wait-1: the peer's window is full, so the FIN cannot leave */
	connection(AF_INET, "127.0.0.1", 5004, &client, &server);
	fcntl(client, F_SETFL, O_NONBLOCK);
	while (send(client, bytes, sizeof(bytes), 0) > 0)
		;
	shutdown(client, SHUT_WR);
	/* time-wait */
	connection(AF_INET, "127.0.0.1", 5005, &client, &server);
	close(client);
	close(server);
	connection(AF_INET6, "::1", 5006, &client, &server);
	close(client);
	close(server);
	/* last-ack: the FIN of the passive side stays behind unread data */
	connection(AF_INET, "127.0.0.1", 5007, &client, &server);
	fcntl(server, F_SETFL, O_NONBLOCK);
	while (send(server, bytes, sizeof(bytes), 0) > 0)
		;
	shutdown(client, SHUT_WR);
	usleep(50000);
	close(server);
	/* closing: both windows full, both shut down */
	connection(AF_INET, "127.0.0.1", 5008, &client, &server);
	fcntl(client, F_SETFL, O_NONBLOCK);
	fcntl(server, F_SETFL, O_NONBLOCK);
	while (send(client, bytes, sizeof(bytes), 0) > 0)
		;
	while (send(server, bytes, sizeof(bytes), 0) > 0)
		;
	shutdown(client, SHUT_WR);
	shutdown(server, SHUT_WR);
	/* syn-sent: init routes this address into a device that drops */
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct endpoint nobody = at(AF_INET, "10.77.0.99", 5009);
	connect(fd, &nobody.any, nobody.len);
	/* a full accept queue, whose last comer waits */
	fd = listener(at(AF_INET, "127.0.0.1", 5010), 0);
	dial(at(AF_INET, "127.0.0.1", 5010));
	for (int i = 0; i < 2; i++) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		struct endpoint full = at(AF_INET, "127.0.0.1", 5010);
		connect(fd, &full.any, full.len);
	}
	/* bound only, and listening on every address */
	fd = socket(AF_INET, SOCK_STREAM, 0);
	struct endpoint bound = at(AF_INET, "127.0.0.1", 5011);
	bind(fd, &bound.any, bound.len);
	listener(at(AF_INET6, "::", 5012), 128);
	listener(at(AF_INET, "0.0.0.0", 5013), 128);
}

static void accept_for_ever(void *arg)
{
	accept(listener(at(AF_INET, "127.0.0.1", (long)arg), 8), NULL, NULL);
}

static void receive_for_ever(void *arg)
{
	int client, server;
	char byte;

	connection(AF_INET, "127.0.0.1", (long)arg, &client, &server);
	recv(client, &byte, 1, 0);
}

static void udp(void *arg)
{
	struct endpoint here = at(AF_INET, "127.0.0.1", 6001), six = at(AF_INET6, "::1", 6002);
	struct endpoint group = at(AF_INET, "0.0.0.0", 6003);
	struct ip_mreq member = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), lite;

	(void)arg;
	bind(fd, &here.any, here.len);
	sendto(fd, "unread", 6, 0, &here.any, here.len);
	sendto(fd, "unread", 6, 0, &here.any, here.len);
	fd = socket(AF_INET6, SOCK_DGRAM, 0);
	bind(fd, &six.any, six.len);
	connect(socket(AF_INET, SOCK_DGRAM, 0), &here.any, here.len);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	bind(fd, &group.any, group.len);
	inet_pton(AF_INET, "239.1.2.3", &member.imr_multiaddr);
	inet_pton(AF_INET, "127.0.0.1", &member.imr_interface);
	setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &member, sizeof(member));
	lite = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE);
	if (lite >= 0)
		bind(lite, &here.any, here.len);
	errno = 0;
}

static void raw(void *arg)
{
	struct sockaddr_ll any = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct sockaddr_nl route = {
		.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_ROUTE,
	};
	static struct sock_filter pass[] = { { BPF_RET | BPF_K, 0, 0, 0xffff } };
	struct sock_fprog filter = { 1, pass };
	int fd;

	(void)arg;
	fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
		bind(fd, (struct sockaddr *)&any, sizeof(any));
	} else {
		complain("packet socket");
	}
	socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	socket(AF_INET, SOCK_RAW, 89);
	socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	bind(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), (struct sockaddr *)&route, sizeof(route));
	socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);
	socket(AF_NETLINK, SOCK_DGRAM, NETLINK_GENERIC);
}

/* Protocols that a kernel may lack. */
static void rare(void *arg)
{
	struct endpoint here = at(AF_INET, "127.0.0.1", 6010);
	int sctp = socket(AF_INET, SOCK_STREAM, 132), mptcp = socket(AF_INET, SOCK_STREAM, 262);

	(void)arg;
	if (sctp >= 0 && !bind(sctp, &here.any, here.len))
		listen(sctp, 5);
	if (mptcp >= 0 && !bind(mptcp, &here.any, here.len))
		listen(mptcp, 5);
	socket(AF_ALG, SOCK_SEQPACKET, 0);
	errno = 0;
}

/* Sockets of another network namespace. */
static void elsewhere(void *arg)
{
	(void)arg;
	if (unshare(CLONE_NEWNET))
		complain("unshare of the network");
	listener(at(AF_INET, "0.0.0.0", 5040), 5);
	listener(at(AF_INET6, "::", 5041), 5);
}

static void unix_names(void *arg)
{
	struct sockaddr_un path = { AF_UNIX, "/tmp/kd-stream" };
	struct sockaddr_un datagram = { AF_UNIX, "/tmp/kd-datagram" };
	struct sockaddr_un hidden = { AF_UNIX, "\0kd-abstract" };
	socklen_t hidden_len = offsetof(struct sockaddr_un, sun_path) + 12;
	int fd, pair[2], unaccepted;

	(void)arg;
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(fd, (struct sockaddr *)&path, sizeof(path));
	listen(fd, 5);
	unaccepted = socket(AF_UNIX, SOCK_STREAM, 0);
	connect(unaccepted, (struct sockaddr *)&path, sizeof(path));
	connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&path, sizeof(path));
	accept(fd, NULL, NULL);
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	bind(fd, (struct sockaddr *)&datagram, sizeof(datagram));
	sendto(socket(AF_UNIX, SOCK_DGRAM, 0), "x", 1, 0, (struct sockaddr *)&datagram,
	       sizeof(datagram));
	fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	bind(fd, (struct sockaddr *)&hidden, hidden_len);
	listen(fd, 5);
	if (!socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		send(pair[0], "unread", 6, 0);
	if (!socketpair(AF_UNIX, SOCK_DGRAM, 0, pair))
		send(pair[1], "unread", 6, 0);
}

void workload_sockets(void)
{
	child("kd-tcp", tcp, NULL);
	child("kd-accept", accept_for_ever, (void *)5020L);
	child("kd-recv", receive_for_ever, (void *)5021L);
	child("kd-udp", udp, NULL);
	child("kd-raw", raw, NULL);
	child("kd-unix", unix_names, NULL);
	child("kd-rare", rare, NULL);
	child("kd-elsewhere", elsewhere, NULL);
	child("kd-peer", silent_peer, NULL);
	/* The connections need a moment before the truth is taken. */
	sleep(1);
}
