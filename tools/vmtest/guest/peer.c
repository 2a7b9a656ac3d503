/*
 * TCP states that need a peer that does not answer as TCP does: SYN-RECV, CLOSING,
 * data out of order, data never acknowledged. The peer is a raw socket.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest.h"

#define SERVER "10.77.0.1"
#define PEER "10.77.0.98" /* init routes it into a device that drops */
#define SERVER_PORT 5030
#define PEER_ISN 1000000

struct segment {
	struct iphdr ip;
	struct tcphdr tcp;
	char data[16];
} __attribute__((packed));

static uint16_t checksum(const struct segment *segment, size_t tcp_len)
{
	const uint8_t *bytes = (const uint8_t *)&segment->tcp;
	uint32_t sum = IPPROTO_TCP + tcp_len;

	for (int i = 0; i < 2; i++) {
		uint32_t address = ntohl(i ? segment->ip.daddr : segment->ip.saddr);

		sum += (address >> 16) + (address & 0xffff);
	}
	for (size_t i = 0; i < tcp_len; i += 2)
		sum += bytes[i] << 8 | (i + 1 < tcp_len ? bytes[i + 1] : 0);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

struct peer {
	int raw, tap, port;
	uint32_t answered; /* what the server sent first, plus one */
};

static void transmit(const struct peer *peer, uint32_t seq, uint8_t flags, size_t len)
{
	struct sockaddr_in where = { .sin_family = AF_INET };
	struct segment segment = {
		.ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP },
		.tcp = {
			.source = htons(peer->port), .dest = htons(SERVER_PORT), .doff = 5,
			.seq = htonl(seq), .ack_seq = htonl(peer->answered), .window = htons(8192),
		},
		.data = "out of order",
	};
	size_t tcp_len = sizeof(segment.tcp) + len;

	segment.ip.tot_len = htons(sizeof(segment.ip) + tcp_len);
	inet_pton(AF_INET, PEER, &segment.ip.saddr);
	inet_pton(AF_INET, SERVER, &segment.ip.daddr);
	where.sin_addr.s_addr = segment.ip.daddr;
	((uint8_t *)&segment.tcp)[13] = flags;
	segment.tcp.check = checksum(&segment, tcp_len);
	if (sendto(peer->raw, &segment, sizeof(segment.ip) + tcp_len, 0, (struct sockaddr *)&where,
		   sizeof(where)) < 0)
		complain("segment to port %d", SERVER_PORT);
}

/* Wait for the server's SYN and ACK; 0 or -1. */
static int answer(struct peer *peer)
{
	struct pollfd wait = { .fd = peer->tap, .events = POLLIN };
	struct segment segment;

	while (poll(&wait, 1, 2000) > 0) {
		if (recv(peer->tap, &segment, sizeof(segment), 0) < (int)(sizeof(segment.ip) + sizeof(segment.tcp)))
			continue;
		if (segment.ip.protocol != IPPROTO_TCP || segment.tcp.dest != htons(peer->port) ||
		    !segment.tcp.syn || !segment.tcp.ack)
			continue;
		peer->answered = ntohl(segment.tcp.seq) + 1;
		return 0;
	}
	complain("no answer to the peer's SYN");
	return -1;
}

/* An accepted connection with the peer, or -1. */
static int connection(struct peer *peer, int listener, int port)
{
	*peer = (struct peer){ .raw = peer->raw, .tap = peer->tap, .port = port };
	transmit(peer, PEER_ISN, TH_SYN, 0);
	if (answer(peer))
		return -1;
	transmit(peer, PEER_ISN + 1, TH_ACK, 0);
	return accept(listener, NULL, NULL);
}

void silent_peer(void *arg)
{
	struct sockaddr_in where = { .sin_family = AF_INET, .sin_port = htons(SERVER_PORT) };
	struct peer peer = {
		.raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW),
		.tap = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL)),
	};
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd;

	(void)arg;
	inet_pton(AF_INET, SERVER, &where.sin_addr);
	/* Without the part "network" the address does not exist. */
	if (bind(listener, (struct sockaddr *)&where, sizeof(where)) || listen(listener, 16))
		return;
	/* closing: both sides have sent FIN, neither was acknowledged */
	fd = connection(&peer, listener, 7001);
	if (fd >= 0) {
		shutdown(fd, SHUT_WR);
		usleep(50000);
		transmit(&peer, PEER_ISN + 1, TH_FIN | TH_ACK, 0);
	}
	/* a hole before what was received, and what was sent is never acknowledged */
	fd = connection(&peer, listener, 7002);
	if (fd >= 0) {
		transmit(&peer, PEER_ISN + 1001, TH_ACK, 12);
		send(fd, "unacknowledged", 14, 0);
	}
	/* syn-recv */
	peer.port = 7003;
	peer.answered = 0;
	transmit(&peer, PEER_ISN, TH_SYN, 0);
	close(peer.tap);
}
