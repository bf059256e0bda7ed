/*
 * replay.c: run a fuzz target over the files of its corpus, where there is no
 * libFuzzer.  Usage: fuzz_NAME DIRECTORY
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX_BYTES ((size_t)1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay_file(const char *directory, const char *name)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(FILE_MAX_BYTES);

	if (file == NULL || data == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	size_t size = fread(data, 1, FILE_MAX_BYTES, file);
	/* A block of its own size, so that a sanitizer sees its end. */
	uint8_t *exact = malloc(size == 0 ? 1 : size);

	if (exact == NULL)
		exit(EXIT_FAILURE);
	for (size_t i = 0; i < size; i++)
		exact[i] = data[i];
	(void)LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	free(data);
	(void)fclose(file);
	return (1);
}

int
main(int argc, char *argv[])
{
	int count = 0;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return (64);
	}
	DIR *directory = opendir(argv[1]);

	if (directory == NULL) {
		perror(argv[1]);
		return (EXIT_FAILURE);
	}
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
		if (entry->d_name[0] != '.')
			count += replay_file(argv[1], entry->d_name);
	(void)closedir(directory);
	(void)printf("%d files replayed\n", count);
	return (count > 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
