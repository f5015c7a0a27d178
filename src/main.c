/* main.c: the program `quntu`. Its commands are the files of main/; see cli.h. */
#include "main/cli.h"

#include <sys/stat.h>

int main(int argc, char **argv)
{
	umask(077);                               /* whatever this program makes is its owner's alone */
	return cli_main(argc, argv);
}
