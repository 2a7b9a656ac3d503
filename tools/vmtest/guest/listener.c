/* A program that listens and never accepts, and many that connect to it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest.h"

int listener_main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(8080) };
	int listening = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (argc != 1)
		return complain("%s takes no argument", argv[0]), 2;
	if (bind(listening, (struct sockaddr *)&address, sizeof(address)) || listen(listening, 8))
		return complain("listener"), 1;
	for (int i = 0; i < 40; i++) {
		int peer = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

		connect(peer, (struct sockaddr *)&address, sizeof(address));
		usleep(20000);
	}
	for (;;)
		pause();
}
