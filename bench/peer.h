/* peer.h: the serving side of a WebSocket (RFC 6455), by hand: for benches and fakes, which must be able to cut a message anywhere. */
#pragma once
#include "base/buf.h"

enum { PEER_TEXT = 1, PEER_MORE = 0, PEER_CLOSE = 8, PEER_PING = 9, PEER_PONG = 10 };

/* A listening socket on 127.0.0.1; port 0: a free one. -1: none. */
int  peer_listen(int port, int *ret_port);
/* Reads the head of the request: up to the empty line, with a zero after it. 0; < 0: gone, or too long. */
int  peer_head(int fd, char *head, size_t room);
/* Accepts the upgrade that `head` asks for. < 0: it asks for none. */
int  peer_accept(int fd, const char *head);
/* Appends a frame as servers send it; `last` of a message. */
void peer_frame(struct buf *, int opcode, bool last, struct str bytes);
/* The next frame of a client, its bytes in `ret` (emptied first). The opcode; < 0: gone, or not masked as a client's must be. */
int  peer_read(int fd, struct buf *ret, bool *ret_last);
/* All of it, or -1. */
int  peer_send(int fd, struct str bytes);
