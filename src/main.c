/* main.c: the program `quntu`. Its commands are the files of main/; see cli.h. */
#include "main/cli.h"

int main(int argc, char **argv)
{
	return cli_main(argc, argv);
}
