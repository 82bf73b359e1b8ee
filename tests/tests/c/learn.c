/* Learns, saves to a flash memory in RAM, loads and goes on, in the order of learning.rs: prints every result's bits. */
#include <stdio.h>
#include <string.h>

#include "fenchel.h"
#include "print.h"
#include "exported.h" /* fenchel_file */
#include "samples.h" /* sample, target, SAMPLES, INPUTS, OUTPUTS */

#define SLOT 4096u
#define STEPS 40

typedef struct cells {
    uint8_t bytes[2 * SLOT];
    int writes_left; /* until one fails; below 0: none does */
} cells;

static int32_t read_cells(void *context, uint32_t offset, void *bytes, size_t count) {
    const cells *flash = (const cells *)context;
    if (offset % 256 != 0 || count % 256 != 0 || offset + count > sizeof flash->bytes) return 1;
    memcpy(bytes, flash->bytes + offset, count);
    return 0;
}

static int32_t write_cells(void *context, uint32_t offset, const void *bytes, size_t count) {
    cells *flash = (cells *)context;
    size_t i;
    if (offset % 256 != 0 || count % 256 != 0 || offset + count > sizeof flash->bytes) return 1;
    if (flash->writes_left-- == 0) return 2;
    for (i = 0; i < count; i++) {
        if (flash->bytes[offset + i] != 0xff) return 3;
        flash->bytes[offset + i] = ((const uint8_t *)bytes)[i];
    }
    return 0;
}

static int32_t erase_cells(void *context, uint32_t from, uint32_t to) {
    cells *flash = (cells *)context;
    if (from % SLOT != 0 || to != from + SLOT || to > sizeof flash->bytes) return 1;
    memset(flash->bytes + from, 0xff, to - from);
    return 0;
}

static fenchel_model model, loaded;
static fenchel_learner learner, again;
static float memory[2][8192 / sizeof(float)];
static union {
    uint64_t aligned;
    uint8_t bytes[SLOT];
} buffer;
static cells flash;

/* Learns from the samples with these numbers, and prints the last update and an answer. */
static void learn(fenchel_learner *of, int from, int to) {
    fenchel_update update = {0.0f, 0.0f};
    float output[OUTPUTS];
    int32_t status = FENCHEL_OK;
    int i;
    for (i = from; i < to; i++) {
        status = fenchel_learn(of, sample[i % SAMPLES], INPUTS, target[i % SAMPLES], OUTPUTS, &update);
    }
    printf("learned %d\n", (int)status);
    print_floats("loss", &update.loss, 1);
    print_floats("step", &update.step, 1);
    printf("infer %d\n", (int)fenchel_infer_learned(of, sample[0], INPUTS, output, OUTPUTS));
    print_floats("output", output, OUTPUTS);
}

static void save(const fenchel_flash *slots) {
    fenchel_saved saved = {0, 0, 0};
    int32_t status = fenchel_save(&learner, slots, &saved);
    printf("save %d %u %u\n", (int)status, (unsigned)saved.version, (unsigned)saved.start);
    status = fenchel_newest(slots, &saved);
    printf("newest %d %u %u\n", (int)status, (unsigned)saved.version, (unsigned)saved.start);
}

int main(void) {
    const fenchel_flash slots = {&flash, read_cells, write_cells, erase_cells, 0, 2 * SLOT};
    const fenchel_learning how = {0.1f, 0, 0.5f, 2.0f, 10};
    fenchel_shape shape;
    fenchel_saved saved;
    size_t bytes, most;
    flash.writes_left = -1;
    if (fenchel_load(&model, fenchel_file, sizeof fenchel_file, &shape) != FENCHEL_OK) return 1;
    if (fenchel_learning_bytes(&model, NULL, &bytes) != FENCHEL_OK) return 1;
    if (fenchel_learning_bytes(&model, &how, &most) != FENCHEL_OK || most > sizeof memory[0]) return 1;
    printf("layout %u %u %u %u %u, bytes %u %u\n", (unsigned)sizeof learner, (unsigned)sizeof how,
           (unsigned)sizeof(fenchel_update), (unsigned)sizeof slots, (unsigned)sizeof saved, (unsigned)bytes,
           (unsigned)most);
    printf("small %d\n", (int)fenchel_begin_learning(&learner, &model, NULL, memory[0], bytes - 1));
    if (fenchel_begin_learning(&learner, &model, NULL, memory[0], bytes) != FENCHEL_OK) return 1;
    learn(&learner, 0, STEPS);
    printf("not saved %d\n", (int)fenchel_newest(&slots, &saved));
    save(&slots);
    learn(&learner, STEPS, 2 * STEPS);
    printf("load %d\n", (int)fenchel_load_saved(&loaded, &slots, buffer.bytes, sizeof buffer.bytes, &shape));
    if (fenchel_begin_learning(&again, &loaded, NULL, memory[1], bytes) != FENCHEL_OK) return 1;
    learn(&again, STEPS, 2 * STEPS);
    save(&slots);
    flash.writes_left = 3;
    save(&slots);
    printf("small %d\n", (int)fenchel_load_saved(&loaded, &slots, buffer.bytes, 256, &shape));
    if (fenchel_begin_learning(&learner, &model, &how, memory[0], most) != FENCHEL_OK) return 1;
    learn(&learner, 0, STEPS);
    return 0;
}
