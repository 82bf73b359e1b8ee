/* Misuses of every call of fenchel.h, which must be refused with the status that it names and write nothing
 * but the state. C99 and C++11. Everything lies in memory of exactly its size, so that AddressSanitizer sees
 * a byte too many. Prints one line a case that went wrong, then `refused N of M`. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fenchel.h"
#include "bytes.h" /* model_bytes, INPUTS, OUTPUTS, UNITS */

#define FILE_BYTES sizeof model_bytes
#define STATE_BYTES FENCHEL_STATE_BYTES(UNITS)

/* All that a call may refer to but the state. */
typedef struct memory {
    fenchel_model model;
    fenchel_model empty; /* zeroed, never loaded */
    fenchel_shape shape;
    fenchel_settings settings;
    fenchel_nudge nudge;
    fenchel_outcome outcome;
    fenchel_verdict verdict;
    fenchel_learner learner;
    fenchel_learner idle; /* zeroed, never begun */
    fenchel_learning how;
    fenchel_update update;
    fenchel_flash flash;
    fenchel_saved saved;
    size_t bytes;
    float input[INPUTS];
    float target[OUTPUTS];
    float attack[OUTPUTS];
    float output[OUTPUTS];
} memory;

static memory *now, *before;
static unsigned char *file;
static float *state;
static unsigned cases, refused;

/* The pointer `bytes` bytes on, as the type of `type`. */
#define OFF(type, pointer, bytes) ((type *)(void *)((char *)(pointer) + (bytes)))

static void begin(void) {
    memcpy(before, now, sizeof *now);
}

static void expect(int line, int32_t expected, int32_t got) {
    static const float good[INPUTS] = {0};
    float output[OUTPUTS];
    int same = memcmp(before, now, sizeof *now) == 0;
    int32_t after = fenchel_infer(&now->model, good, INPUTS, state, STATE_BYTES, output, OUTPUTS);
    cases++;
    if (expected == got && expected < 0 && same && after == FENCHEL_OK) {
        refused++;
        return;
    }
    printf("line %d: expected %d, got %d (%s); memory %s; then inference gives %d\n", line, (int)expected, (int)got,
           fenchel_message(got), same ? "unchanged" : "was written", (int)after);
    memcpy(now, before, sizeof *now);
}

#define REFUSED(status, call) (begin(), expect(__LINE__, status, call))
/* With `place` set to `value` during the call. */
#define WITH(place, value, status, call) \
    do { \
        memory saved = *now; \
        (place) = (value); \
        REFUSED(status, call); \
        *now = saved; \
    } while (0)

static uint32_t crc32(const unsigned char *bytes, size_t count) {
    uint32_t crc = 0xffffffffu;
    size_t i;
    int bit;
    for (i = 0; i < count; i++) {
        crc ^= bytes[i];
        for (bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

/* Loads the file with one byte changed, at `place` from its start, or with `mend` a right checksum. */
static int32_t load_changed(size_t place, unsigned char value, int mend) {
    unsigned char *copy = (unsigned char *)malloc(FILE_BYTES);
    uint32_t crc;
    int32_t status;
    int i;
    memcpy(copy, file, FILE_BYTES);
    copy[place] = value;
    crc = crc32(copy, FILE_BYTES - 4);
    for (i = 0; mend && i < 4; i++) copy[FILE_BYTES - 4 + (size_t)i] = (unsigned char)(crc >> (8 * i));
    status = fenchel_load(&now->model, copy, FILE_BYTES, &now->shape);
    free(copy);
    return status;
}

/* Loads the file from `offset` bytes after an aligned address, `bytes` of them. */
static int32_t load_moved(size_t offset, size_t bytes) {
    unsigned char *copy = (unsigned char *)calloc(1, offset + bytes);
    int32_t status;
    memcpy(copy + offset, file, bytes < FILE_BYTES ? bytes : FILE_BYTES);
    status = fenchel_load(&now->model, copy + offset, bytes, &now->shape);
    free(copy);
    return status;
}

static int32_t infer(void) {
    return fenchel_infer(&now->model, now->input, INPUTS, state, STATE_BYTES, now->output, OUTPUTS);
}

/* A relaxation whose sizes are right. */
#define RELAX(model, settings, nudge, input, target, attack, output, outcome)                                     \
    fenchel_relax(model, settings, nudge, input, INPUTS, target, attack, state, STATE_BYTES, output, OUTPUTS, outcome)

static int32_t relax(void) {
    return RELAX(&now->model, &now->settings, &now->nudge, now->input, now->target, now->attack, now->output,
                 &now->outcome);
}

static void loading(void) {
    REFUSED(FENCHEL_NULL, fenchel_load(NULL, file, FILE_BYTES, &now->shape));
    REFUSED(FENCHEL_NULL, fenchel_load(&now->model, NULL, FILE_BYTES, &now->shape));
    REFUSED(FENCHEL_NULL, fenchel_load(&now->model, file, FILE_BYTES, NULL));
    REFUSED(FENCHEL_MISALIGNED, fenchel_load(OFF(fenchel_model, &now->model, 4), file, FILE_BYTES, &now->shape));
    REFUSED(FENCHEL_MISALIGNED, fenchel_load(&now->model, file, FILE_BYTES, OFF(fenchel_shape, &now->shape, 2)));
    REFUSED(FENCHEL_SIZE, fenchel_load(&now->model, file, (size_t)-1, &now->shape));
    REFUSED(FENCHEL_NOT_A_MODEL, fenchel_load(&now->model, file, 0, &now->shape));
    REFUSED(FENCHEL_NOT_A_MODEL, load_moved(0, 3));
    REFUSED(FENCHEL_NOT_A_MODEL, load_changed(0, 'f', 1));
    REFUSED(FENCHEL_TRUNCATED, load_moved(0, 4));
    REFUSED(FENCHEL_TRUNCATED, load_moved(0, 12));
    REFUSED(FENCHEL_TRUNCATED, load_moved(0, FILE_BYTES / 2));
    REFUSED(FENCHEL_TRUNCATED, load_moved(0, FILE_BYTES - 1));
    REFUSED(FENCHEL_TRUNCATED, load_moved(0, FILE_BYTES + 1));
    REFUSED(FENCHEL_VERSION, load_changed(4, 99, 1));
    REFUSED(FENCHEL_CHECKSUM, load_changed(FILE_BYTES - 1, (unsigned char)(file[FILE_BYTES - 1] ^ 1), 0));
    REFUSED(FENCHEL_CHECKSUM, load_changed(FILE_BYTES - 9, (unsigned char)(file[FILE_BYTES - 9] ^ 1), 0));
    /* The input's last factor, 1/16, becomes infinite; the checksum is right. */
    REFUSED(FENCHEL_INVALID_MODEL, load_changed(FILE_BYTES - 5, 0x7f, 1));
    REFUSED(FENCHEL_MISALIGNED, load_moved(1, FILE_BYTES));
    REFUSED(FENCHEL_MISALIGNED, load_moved(2, FILE_BYTES));
    REFUSED(FENCHEL_MISALIGNED, load_moved(3, FILE_BYTES));
}

static void scaling(void) {
    const fenchel_model *model = &now->model;
    static const int16_t raw[INPUTS] = {0};
    const uint8_t bytes[INPUTS] = {0};
    float *floats = now->target, *input = now->input;
    REFUSED(FENCHEL_NULL, fenchel_scale_i16(NULL, raw, input, INPUTS));
    REFUSED(FENCHEL_NULL, fenchel_scale_i16(model, NULL, input, INPUTS));
    REFUSED(FENCHEL_NULL, fenchel_scale_u8(model, bytes, NULL, INPUTS));
    REFUSED(FENCHEL_NOT_LOADED, fenchel_scale_i16(&now->empty, raw, input, INPUTS));
    REFUSED(FENCHEL_MISALIGNED, fenchel_scale_i16(model, OFF(int16_t, raw, 1), input, INPUTS));
    REFUSED(FENCHEL_MISALIGNED, fenchel_scale_f32(model, OFF(float, floats, 2), input, INPUTS));
    REFUSED(FENCHEL_MISALIGNED, fenchel_scale_u8(model, bytes, OFF(float, input, 1), INPUTS));
    REFUSED(FENCHEL_SIZE, fenchel_scale_i16(model, raw, input, INPUTS - 1));
    REFUSED(FENCHEL_SIZE, fenchel_scale_u8(model, bytes, input, 0));
    REFUSED(FENCHEL_SIZE, fenchel_scale_f32(model, floats, input, (size_t)-1));
}

static void inference(void) {
    fenchel_model *model = &now->model;
    float *input = now->input, *output = now->output;
    const size_t most = (size_t)-1;
    REFUSED(FENCHEL_NULL, fenchel_infer(NULL, input, INPUTS, state, STATE_BYTES, output, OUTPUTS));
    REFUSED(FENCHEL_NULL, fenchel_infer(model, NULL, INPUTS, state, STATE_BYTES, output, OUTPUTS));
    REFUSED(FENCHEL_NULL, fenchel_infer(model, input, INPUTS, NULL, STATE_BYTES, output, OUTPUTS));
    REFUSED(FENCHEL_NULL, fenchel_infer(model, input, INPUTS, state, STATE_BYTES, NULL, OUTPUTS));
    REFUSED(FENCHEL_NOT_LOADED, fenchel_infer(&now->empty, input, INPUTS, state, STATE_BYTES, output, OUTPUTS));
    REFUSED(FENCHEL_MISALIGNED,
            fenchel_infer(OFF(fenchel_model, model, 1), input, INPUTS, state, STATE_BYTES, output, OUTPUTS));
    REFUSED(FENCHEL_MISALIGNED,
            fenchel_infer(model, OFF(float, input, 1), INPUTS, state, STATE_BYTES, output, OUTPUTS));
    REFUSED(FENCHEL_MISALIGNED,
            fenchel_infer(model, input, INPUTS, OFF(float, state, 2), STATE_BYTES, output, OUTPUTS));
    REFUSED(FENCHEL_MISALIGNED,
            fenchel_infer(model, input, INPUTS, state, STATE_BYTES, OFF(float, output, 3), OUTPUTS));
    REFUSED(FENCHEL_SIZE, fenchel_infer(model, input, 0, state, STATE_BYTES, output, OUTPUTS));
    REFUSED(FENCHEL_SIZE, fenchel_infer(model, input, INPUTS - 1, state, STATE_BYTES, output, OUTPUTS));
    REFUSED(FENCHEL_SIZE, fenchel_infer(model, input, most, state, STATE_BYTES, output, OUTPUTS));
    REFUSED(FENCHEL_SIZE, fenchel_infer(model, input, INPUTS, state, STATE_BYTES, output, OUTPUTS + 1));
    REFUSED(FENCHEL_SIZE, fenchel_infer(model, input, INPUTS, state, STATE_BYTES, output, most));
    REFUSED(FENCHEL_SMALL_STATE, fenchel_infer(model, input, INPUTS, state, 0, output, OUTPUTS));
    REFUSED(FENCHEL_SMALL_STATE, fenchel_infer(model, input, INPUTS, state, STATE_BYTES - 1, output, OUTPUTS));
    WITH(now->input[0], (float)NAN, FENCHEL_NOT_FINITE, infer());
    WITH(now->input[INPUTS - 1], (float)INFINITY, FENCHEL_NOT_FINITE, infer());
    WITH(now->input[1], -(float)INFINITY, FENCHEL_NOT_FINITE, infer());
}

static void relaxation(void) {
    fenchel_model *model = &now->model;
    fenchel_settings *settings = &now->settings;
    fenchel_nudge *nudge = &now->nudge;
    fenchel_outcome *outcome = &now->outcome;
    float *in = now->input, *out = now->output, *y = now->target, *a = now->attack;
    REFUSED(FENCHEL_NULL, RELAX(NULL, settings, nudge, in, y, a, out, outcome));
    REFUSED(FENCHEL_NULL, RELAX(model, NULL, nudge, in, y, a, out, outcome));
    REFUSED(FENCHEL_NULL, RELAX(model, settings, NULL, in, y, a, out, outcome));
    REFUSED(FENCHEL_NULL, RELAX(model, settings, nudge, NULL, y, a, out, outcome));
    REFUSED(FENCHEL_NULL, RELAX(model, settings, nudge, in, NULL, a, out, outcome));
    REFUSED(FENCHEL_NULL, RELAX(model, settings, nudge, in, y, a, NULL, outcome));
    REFUSED(FENCHEL_NULL, RELAX(model, settings, nudge, in, y, a, out, NULL));
    REFUSED(FENCHEL_NOT_LOADED, RELAX(&now->empty, settings, nudge, in, y, a, out, outcome));
    REFUSED(FENCHEL_MISALIGNED, RELAX(OFF(fenchel_model, model, 4), settings, nudge, in, y, a, out, outcome));
    REFUSED(FENCHEL_MISALIGNED, RELAX(model, OFF(fenchel_settings, settings, 1), nudge, in, y, a, out, outcome));
    REFUSED(FENCHEL_MISALIGNED, RELAX(model, settings, OFF(fenchel_nudge, nudge, 2), in, y, a, out, outcome));
    REFUSED(FENCHEL_MISALIGNED, RELAX(model, settings, nudge, OFF(float, in, 3), y, a, out, outcome));
    REFUSED(FENCHEL_MISALIGNED, RELAX(model, settings, nudge, in, OFF(float, y, 1), a, out, outcome));
    REFUSED(FENCHEL_MISALIGNED, RELAX(model, settings, nudge, in, y, OFF(float, a, 3), out, outcome));
    REFUSED(FENCHEL_MISALIGNED, RELAX(model, settings, nudge, in, y, a, OFF(float, out, 2), outcome));
    REFUSED(FENCHEL_MISALIGNED, RELAX(model, settings, nudge, in, y, a, out, OFF(fenchel_outcome, outcome, 1)));
    REFUSED(FENCHEL_SIZE,
            fenchel_relax(model, settings, nudge, in, INPUTS + 1, y, a, state, STATE_BYTES, out, OUTPUTS, outcome));
    REFUSED(FENCHEL_SIZE,
            fenchel_relax(model, settings, nudge, in, INPUTS, y, a, state, STATE_BYTES, out, (size_t)-1, outcome));
    REFUSED(FENCHEL_SMALL_STATE,
            fenchel_relax(model, settings, nudge, in, INPUTS, y, a, state, STATE_BYTES - 4, out, OUTPUTS, outcome));
    WITH(settings->schedule, 3, FENCHEL_SETTINGS, relax());
    WITH(settings->schedule, 0xffffffffu, FENCHEL_SETTINGS, relax());
    WITH(settings->tolerance, -1.0f, FENCHEL_SETTINGS, relax());
    WITH(settings->tolerance, (float)NAN, FENCHEL_SETTINGS, relax());
    WITH(nudge->s, (float)NAN, FENCHEL_NOT_FINITE, relax());
    WITH(nudge->s, (float)INFINITY, FENCHEL_NOT_FINITE, relax());
    WITH(nudge->s, -2.0f, FENCHEL_UNBOUNDED, relax());
    WITH(nudge->weight_target, (float)NAN, FENCHEL_NOT_FINITE, relax());
    WITH(nudge->weight_attack, (float)INFINITY, FENCHEL_NOT_FINITE, relax());
    WITH(now->target[0], (float)NAN, FENCHEL_NOT_FINITE, relax());
    WITH(now->attack[OUTPUTS - 1], (float)NAN, FENCHEL_NOT_FINITE, relax());
    WITH(now->input[0], (float)NAN, FENCHEL_NOT_FINITE, relax());
    WITH(now->input[INPUTS - 1], -(float)INFINITY, FENCHEL_NOT_FINITE, relax());
}

/* What outputs mean, of a model of classes. */
static void meaning(void) {
    fenchel_model *model = &now->model;
    float *in = now->input, *out = now->output;
    fenchel_verdict *verdict = &now->verdict;
    REFUSED(FENCHEL_NULL, fenchel_task_of(NULL));
    REFUSED(FENCHEL_NOT_LOADED, fenchel_task_of(&now->empty));
    REFUSED(FENCHEL_NULL, fenchel_restore(NULL, out, OUTPUTS));
    REFUSED(FENCHEL_NULL, fenchel_restore(model, NULL, OUTPUTS));
    REFUSED(FENCHEL_NOT_LOADED, fenchel_restore(&now->empty, out, OUTPUTS));
    REFUSED(FENCHEL_MISALIGNED, fenchel_restore(model, OFF(float, out, 1), OUTPUTS));
    REFUSED(FENCHEL_SIZE, fenchel_restore(model, out, (size_t)-1));
    REFUSED(FENCHEL_TASK, fenchel_restore(model, out, OUTPUTS));
    REFUSED(FENCHEL_NULL, fenchel_score(model, NULL, INPUTS, out, OUTPUTS, verdict));
    REFUSED(FENCHEL_NULL, fenchel_score(model, in, INPUTS, NULL, OUTPUTS, verdict));
    REFUSED(FENCHEL_NULL, fenchel_score(model, in, INPUTS, out, OUTPUTS, NULL));
    REFUSED(FENCHEL_NOT_LOADED, fenchel_score(&now->empty, in, INPUTS, out, OUTPUTS, verdict));
    REFUSED(FENCHEL_MISALIGNED, fenchel_score(model, in, INPUTS, out, OUTPUTS, OFF(fenchel_verdict, verdict, 2)));
    REFUSED(FENCHEL_SIZE, fenchel_score(model, in, INPUTS - 1, out, OUTPUTS, verdict));
    REFUSED(FENCHEL_SIZE, fenchel_score(model, in, INPUTS, out, OUTPUTS + 1, verdict));
    REFUSED(FENCHEL_TASK, fenchel_score(model, in, INPUTS, out, OUTPUTS, verdict));
}

/* A flash memory that must not be used. */
static int32_t read_none(void *context, uint32_t offset, void *bytes, size_t count) {
    (void)context, (void)offset;
    memset(bytes, 0, count);
    return 1;
}

static int32_t write_none(void *context, uint32_t offset, const void *bytes, size_t count) {
    (void)context, (void)offset, (void)bytes, (void)count;
    return 1;
}

static int32_t erase_none(void *context, uint32_t from, uint32_t to) {
    (void)context, (void)from, (void)to;
    return 1;
}

#define BEGIN(learner, model, how, memory, bytes) fenchel_begin_learning(learner, model, how, memory, bytes)

static void learning(void) {
    fenchel_model *model = &now->model;
    fenchel_learner *learner = &now->learner;
    fenchel_learning *how = &now->how;
    fenchel_update *update = &now->update;
    float *in = now->input, *y = now->target, *out = now->output;
    float *room = (float *)malloc(now->bytes);
    REFUSED(FENCHEL_NULL, fenchel_learning_bytes(NULL, how, &now->bytes));
    REFUSED(FENCHEL_NULL, fenchel_learning_bytes(model, how, NULL));
    REFUSED(FENCHEL_NOT_LOADED, fenchel_learning_bytes(&now->empty, how, &now->bytes));
    REFUSED(FENCHEL_MISALIGNED, fenchel_learning_bytes(model, OFF(fenchel_learning, how, 1), &now->bytes));
    WITH(now->how.share, -0.5f, FENCHEL_SETTINGS, fenchel_learning_bytes(model, how, &now->bytes));
    WITH(now->how.clip, (float)NAN, FENCHEL_SETTINGS, fenchel_learning_bytes(model, how, &now->bytes));
    REFUSED(FENCHEL_NULL, BEGIN(NULL, model, how, room, now->bytes));
    REFUSED(FENCHEL_NULL, BEGIN(learner, model, how, NULL, now->bytes));
    REFUSED(FENCHEL_NOT_LOADED, BEGIN(learner, &now->empty, how, room, now->bytes));
    REFUSED(FENCHEL_MISALIGNED, BEGIN(learner, model, how, OFF(float, room, 2), now->bytes));
    REFUSED(FENCHEL_MISALIGNED, BEGIN(OFF(fenchel_learner, learner, 4), model, how, room, now->bytes));
    REFUSED(FENCHEL_SMALL_STATE, BEGIN(learner, model, how, room, now->bytes - 1));
    WITH(now->how.skip, (float)INFINITY, FENCHEL_SETTINGS, BEGIN(learner, model, how, room, now->bytes));
    REFUSED(FENCHEL_NOT_LOADED, fenchel_learn(&now->idle, in, INPUTS, y, OUTPUTS, update));
    if (BEGIN(learner, model, how, room, now->bytes) != FENCHEL_OK) cases++;
    REFUSED(FENCHEL_NULL, fenchel_learn(NULL, in, INPUTS, y, OUTPUTS, update));
    REFUSED(FENCHEL_NULL, fenchel_learn(learner, NULL, INPUTS, y, OUTPUTS, update));
    REFUSED(FENCHEL_NULL, fenchel_learn(learner, in, INPUTS, y, OUTPUTS, NULL));
    REFUSED(FENCHEL_MISALIGNED, fenchel_learn(learner, in, INPUTS, OFF(float, y, 1), OUTPUTS, update));
    REFUSED(FENCHEL_SIZE, fenchel_learn(learner, in, INPUTS - 1, y, OUTPUTS, update));
    REFUSED(FENCHEL_SIZE, fenchel_learn(learner, in, INPUTS, y, (size_t)-1, update));
    WITH(now->input[1], (float)NAN, FENCHEL_NOT_FINITE, fenchel_learn(learner, in, INPUTS, y, OUTPUTS, update));
    WITH(now->target[1], (float)INFINITY, FENCHEL_NOT_FINITE,
         fenchel_learn(learner, in, INPUTS, y, OUTPUTS, update));
    REFUSED(FENCHEL_NOT_LOADED, fenchel_infer_learned(&now->idle, in, INPUTS, out, OUTPUTS));
    REFUSED(FENCHEL_SIZE, fenchel_infer_learned(learner, in, INPUTS, out, OUTPUTS + 1));
    REFUSED(FENCHEL_NULL, fenchel_save(learner, NULL, &now->saved));
    REFUSED(FENCHEL_NULL, fenchel_newest(&now->flash, NULL));
    WITH(now->flash.read, NULL, FENCHEL_NULL, fenchel_save(learner, &now->flash, &now->saved));
    WITH(now->flash.end, 1000, FENCHEL_SLOTS, fenchel_save(learner, &now->flash, &now->saved));
    WITH(now->flash.end, 512, FENCHEL_SLOTS, fenchel_save(learner, &now->flash, &now->saved));
    REFUSED(FENCHEL_FLASH, fenchel_save(learner, &now->flash, &now->saved));
    free(room);
}

int main(void) {
    size_t i;
    now = (memory *)calloc(1, sizeof *now);
    before = (memory *)calloc(1, sizeof *before);
    file = (unsigned char *)malloc(FILE_BYTES);
    state = (float *)malloc(STATE_BYTES);
    memcpy(file, model_bytes, FILE_BYTES);
    for (i = 0; i < INPUTS; i++) now->input[i] = (float)i / INPUTS;
    now->target[0] = 1.0f;
    now->attack[1] = 1.0f;
    memset(now->output, 0xa5, sizeof now->output);
    memset(&now->outcome, 0xa5, sizeof now->outcome);
    now->settings.sweeps = 2;
    now->nudge.s = 0.25f;
    now->nudge.weight_target = 0.25f;
    now->nudge.weight_attack = 0.125f;
    if (fenchel_load(&now->model, file, FILE_BYTES, &now->shape) != FENCHEL_OK) return 1;
    memset(&now->shape, 0xa5, sizeof now->shape);
    now->flash.read = read_none;
    now->flash.write = write_none;
    now->flash.erase = erase_none;
    now->flash.end = 1 << 16;
    if (fenchel_learning_bytes(&now->model, &now->how, &now->bytes) != FENCHEL_OK) return 1;
    loading();
    scaling();
    inference();
    relaxation();
    meaning();
    learning();
    printf("refused %u of %u\n", refused, cases);
    printf("then %d %d\n", (int)infer(), (int)relax());
    free(state);
    free(file);
    free(before);
    free(now);
    return 0;
}
