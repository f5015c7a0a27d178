/* peer.c: see peer.h. */
#include "bench/peer.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <sys/socket.h>
#include <unistd.h>

int peer_listen(int port, int *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 16) != 0 || getsockname(fd, (struct sockaddr *)&at, &len) != 0) {
		close(fd);
		return -1;
	}
	*ret_port = ntohs(at.sin_port);
	return fd;
}

int peer_send(int fd, struct str bytes)
{
	for (ssize_t n; bytes.len; bytes.at += n, bytes.len -= (size_t)n)
		if ((n = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL)) <= 0)
			return -1;
	return 0;
}

int peer_head(int fd, char *head, size_t room)
{
	size_t len = 0;
	while (len < room - 1 && recv(fd, head + len, 1, 0) == 1) {
		head[++len] = '\0';
		if (len >= 4 && memcmp(head + len - 4, "\r\n\r\n", 4) == 0)
			return 0;
	}
	return -1;
}

int peer_accept(int fd, const char *head)
{
	const char *at = strcasestr(head, "\r\nSec-WebSocket-Key:");
	char word[200], accepted[40], answer[300];
	unsigned char hash[SHA_DIGEST_LENGTH];
	int one = 1;
	if (!at)
		return -1;
	at += 20;
	at += strspn(at, " ");
	int len = snprintf(word, sizeof word, "%.*s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", (int)strcspn(at, " \r\n"), at);
	EVP_Digest(word, (size_t)len, hash, NULL, EVP_sha1(), NULL);
	EVP_EncodeBlock((unsigned char *)accepted, hash, sizeof hash);
	len = snprintf(answer, sizeof answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Accept: %s\r\n\r\n", accepted);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return peer_send(fd, (struct str){ answer, (size_t)len });
}

void peer_frame(struct buf *b, int opcode, bool last, struct str bytes)
{
	unsigned char head[10] = { (unsigned char)((last ? 0x80 : 0) | opcode) };
	size_t len = 2;
	if (bytes.len < 126) {
		head[1] = (unsigned char)bytes.len;
	} else if (bytes.len < 65536) {
		head[1] = 126, head[2] = (unsigned char)(bytes.len >> 8), head[3] = (unsigned char)bytes.len;
		len = 4;
	} else {
		head[1] = 127;
		for (int i = 0; i < 8; i++)
			head[2 + i] = (unsigned char)(bytes.len >> (56 - 8 * i));
		len = 10;
	}
	buf_add(b, head, len);
	buf_str(b, bytes);
}

static bool take(int fd, void *at, size_t len)
{
	return len == 0 || recv(fd, at, len, MSG_WAITALL) == (ssize_t)len;
}

int peer_read(int fd, struct buf *ret, bool *ret_last)
{
	unsigned char head[2], more[8], mask[4];
	buf_clear(ret);
	if (!take(fd, head, 2) || !(head[1] & 0x80))
		return -1;
	size_t len = head[1] & 0x7f, bytes = len == 126 ? 2 : len == 127 ? 8 : 0;
	if (!take(fd, more, bytes) || !take(fd, mask, 4))
		return -1;
	if (bytes)
		len = 0;
	for (size_t i = 0; i < bytes; i++)
		len = len << 8 | more[i];
	char *room = buf_space(ret, len);
	if (!room || !take(fd, room, len))
		return -1;
	for (size_t i = 0; i < len; i++)
		room[i] = (char)(room[i] ^ mask[i % 4]);
	ret->len += len;
	*ret_last = head[0] & 0x80;
	return head[0] & 0x0f;
}
