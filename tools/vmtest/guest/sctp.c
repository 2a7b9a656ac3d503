/* Associations of SCTP: one-to-one and one-to-many, of both families, with data that nobody reads. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest.h"

static socklen_t place(struct sockaddr_storage *ret, int family, const char *address, int port)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)ret;
	struct sockaddr_in *four = (struct sockaddr_in *)ret;

	memset(ret, 0, sizeof(*ret));
	ret->ss_family = family;
	if (family == AF_INET6) {
		six->sin6_port = htons(port);
		inet_pton(family, address, &six->sin6_addr);
		return sizeof(*six);
	}
	four->sin_port = htons(port);
	inet_pton(family, address, &four->sin_addr);
	return sizeof(*four);
}

static void pair(int family, const char *address, int port, int kind)
{
	struct sockaddr_storage where;
	socklen_t len = place(&where, family, address, port);
	int server = socket(family, kind, IPPROTO_SCTP), client = socket(family, kind, IPPROTO_SCTP);

	if (server < 0 || client < 0 || bind(server, (struct sockaddr *)&where, len) || listen(server, 4) ||
	    connect(client, (struct sockaddr *)&where, len))
		return complain("sctp port %d", port);
	if (kind == SOCK_STREAM && accept(server, NULL, NULL) < 0)
		complain("accept on sctp port %d", port);
	/* A socket of many associations has to be told which. */
	if (sendto(client, "nobody reads this", 18, MSG_NOSIGNAL, kind == SOCK_SEQPACKET ? (struct sockaddr *)&where : NULL,
		   kind == SOCK_SEQPACKET ? len : 0) < 0)
		complain("send on sctp port %d", port);
}

static void ends(void *arg)
{
	(void)arg;
	pair(AF_INET, "127.0.0.1", 6001, SOCK_STREAM);
	pair(AF_INET6, "::1", 6002, SOCK_STREAM);
	pair(AF_INET, "10.77.0.1", 6003, SOCK_SEQPACKET);
}

/* An association with who never answers: its first chunk waits to be sent again. */
static void unanswered(void *arg)
{
	struct sockaddr_storage where;
	socklen_t len = place(&where, AF_INET, "10.77.0.97", 6004);

	(void)arg;
	connect(socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP), (struct sockaddr *)&where, len);
}

void workload_sctp(void)
{
	child("kd-sctp", ends, NULL);
	child("kd-sctp-init", unanswered, NULL);
}
