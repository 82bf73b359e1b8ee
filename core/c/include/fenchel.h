/* Fenchel's C interface: load a model file, infer, relax, learn in place. C99 and C++.
 *
 * No heap, no panic, no global state: every byte of memory is the caller's. Functions return a
 * fenchel_status; below 0 is bad input, and then nothing but the state's contents was written: output,
 * outcome and shape are as they were, and a model loaded before stays usable.
 * Different threads may use one model at once, each with a state of its own.
 */
#ifndef FENCHEL_H
#define FENCHEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a fenchel_model. */
#define FENCHEL_MODEL_BYTES 4096
/* Alignment for a model file that suits every core, vector units included. What fenchel_load needs, and
 * checks, is an address that is a multiple of 4. */
#define FENCHEL_FILE_ALIGNMENT 16
/* Bytes of state for a network of `units` units, the input's not counted: 6 floats a unit. */
#define FENCHEL_STATE_BYTES(units) (24u * (size_t)(units))
/* Bytes of a fenchel_learner. */
#define FENCHEL_LEARNER_BYTES 512

typedef enum fenchel_status {
    FENCHEL_ROLLED_BACK = 5, /* learning: it did harm, and the parameters returned to their copy */
    FENCHEL_SKIPPED = 4,     /* learning: the right output leads by more than the margin already */
    FENCHEL_DIVERGED = 3,    /* relaxation: it grew without bound; no minimum, or none that was found */
    FENCHEL_CONVERGED = 2,   /* relaxation: no activity changed by more than the tolerance */
    FENCHEL_SWEEP_LIMIT = 1, /* relaxation: all sweeps were made */
    FENCHEL_OK = 0,
    FENCHEL_NULL = -1,          /* a pointer is NULL */
    FENCHEL_NOT_LOADED = -2,    /* the model was not loaded, or learning not begun */
    FENCHEL_MISALIGNED = -3,    /* a pointer isn't aligned as its type, or the file not to 4 bytes */
    FENCHEL_SMALL_STATE = -4,   /* fewer bytes than fenchel_shape.state_bytes, fenchel_learning_bytes or the saved file's */
    FENCHEL_SIZE = -5,          /* a count isn't the one that fenchel_shape has, or no size of a file */
    FENCHEL_NOT_A_MODEL = -6,   /* the file doesn't begin as a model does */
    FENCHEL_VERSION = -7,       /* the file is of another format version */
    FENCHEL_TRUNCATED = -8,     /* the file's length isn't what it says */
    FENCHEL_CHECKSUM = -9,      /* the file was changed */
    FENCHEL_INVALID_MODEL = -10, /* the file's values don't fit together */
    FENCHEL_UNBOUNDED = -11,    /* s is so far below 0 that the output's problem has no minimum */
    FENCHEL_SETTINGS = -12,     /* the schedule is unknown, or a number negative or not finite */
    FENCHEL_NOT_FINITE = -13,   /* an input, target, attack, nudge or learned parameter is infinite or NaN */
    FENCHEL_TASK = -14,         /* the model was trained for another task */
    FENCHEL_FLASH = -15,        /* a call of fenchel_flash returned something else than 0 */
    FENCHEL_WORN = -16,         /* the flash memory holds something else than what was written */
    FENCHEL_SLOTS = -17,        /* the slots' range is wrong, or the model doesn't fit one */
    FENCHEL_NOT_SAVED = -18     /* no model was saved yet */
} fenchel_status;

/* What a model's outputs mean. */
typedef enum fenchel_task {
    FENCHEL_CLASSIFICATION = 0, /* the largest names the class */
    FENCHEL_REGRESSION = 1,     /* scaled values, which fenchel_restore brings back to the user's unit */
    FENCHEL_RECONSTRUCTION = 2  /* the scaled input again: fenchel_score tells how far it is from it */
} fenchel_task;

typedef enum fenchel_schedule {
    FENCHEL_FORWARD_BACKWARD = 0, /* fast */
    FENCHEL_UNITWISE = 1,         /* slow, but the energy never rises */
    FENCHEL_BACKWARD = 2          /* the paper's fixed point */
} fenchel_schedule;

/* A loaded model: opaque, to be zeroed before its first use. Don't copy or move it. */
typedef struct fenchel_model {
    uint64_t opaque[FENCHEL_MODEL_BYTES / 8];
} fenchel_model;

/* Sizes of a model. */
typedef struct fenchel_shape {
    size_t inputs;      /* floats of an input */
    size_t outputs;     /* floats of an output, one a class or a target */
    size_t state_bytes; /* bytes that inference and relaxation need */
} fenchel_shape;

/* The problem min U + s/2 |z|^2 - (weight_target * target + weight_attack * attack) . z, z the output. */
typedef struct fenchel_nudge {
    float s;
    float weight_target;
    float weight_attack;
} fenchel_nudge;

/* How to relax. */
typedef struct fenchel_settings {
    uint32_t schedule; /* a fenchel_schedule */
    uint32_t sweeps;   /* most sweeps */
    float tolerance;   /* ends when no activity changes by more; 0: all sweeps */
} fenchel_settings;

/* Where a relaxation ended. */
typedef struct fenchel_outcome {
    uint32_t sweeps; /* that were made */
    float energy;    /* in units of the loss */
    float residual;  /* largest change of an activity */
} fenchel_outcome;

/* What a reconstruction says of a sample. */
typedef struct fenchel_verdict {
    float score;     /* mean of the squared differences between output and scaled input */
    float threshold; /* largest score of a normal sample; 0 if the model has none */
    int32_t anomaly; /* 1 for a score above it or none at all (NaN), 0 for another; -1 if the model has no threshold */
} fenchel_verdict;

/* Check the model file of `bytes` bytes at `file` and make `model` refer to it: weights are used where
 * they are, and so the file must stay, unchanged, as long as the model is used. `shape` is filled. */
int32_t fenchel_load(fenchel_model *model, const void *file, size_t bytes, fenchel_shape *shape);

/* Scale a sensor's `inputs` raw values into `input` as the model was trained: (raw - offset) * factor, one
 * pair for all values, one a channel, or one a feature. The two arrays don't overlap. */
int32_t fenchel_scale_f32(const fenchel_model *model, const float *raw, float *input, size_t inputs);
int32_t fenchel_scale_i16(const fenchel_model *model, const int16_t *raw, float *input, size_t inputs);
int32_t fenchel_scale_i8(const fenchel_model *model, const int8_t *raw, float *input, size_t inputs);
int32_t fenchel_scale_u8(const fenchel_model *model, const uint8_t *raw, float *input, size_t inputs);

/* The answer to one input. `state` is scratch. */
int32_t fenchel_infer(const fenchel_model *model, const float *input, size_t inputs, float *state,
                      size_t state_bytes, float *output, size_t outputs);

/* A fenchel_task, or what is below 0. */
int32_t fenchel_task_of(const fenchel_model *model);

/* Bring a regression's outputs, of fenchel_infer or fenchel_relax, back to the unit of each target, in place. */
int32_t fenchel_restore(const fenchel_model *model, float *output, size_t outputs);

/* The score of a reconstruction's `output` for the scaled `input`, and whether it is an anomaly's. */
int32_t fenchel_score(const fenchel_model *model, const float *input, size_t inputs, const float *output,
                      size_t outputs, fenchel_verdict *verdict);

/* Minimise the energy of the nudged problem for one input; `output` is the output's activity at the end.
 * `target` and `attack` have as many values as the output; `attack` may be NULL, for none. Returns
 * FENCHEL_CONVERGED, FENCHEL_SWEEP_LIMIT or FENCHEL_DIVERGED, with `output` and `outcome` filled; or what
 * is below 0. */
int32_t fenchel_relax(const fenchel_model *model, const fenchel_settings *settings, const fenchel_nudge *nudge,
                      const float *input, size_t inputs, const float *target, const float *attack,
                      float *state, size_t state_bytes, float *output, size_t outputs,
                      fenchel_outcome *outcome);

/* A model that goes on learning: opaque, to be zeroed before its first use. Don't copy or move it. */
typedef struct fenchel_learner {
    uint64_t opaque[FENCHEL_LEARNER_BYTES / 8];
} fenchel_learner;

/* How to learn. Zeros are the default, which needs no tuning; so is NULL in its place. */
typedef struct fenchel_learning {
    float share;       /* share of the loss that a step is to remove; 0: 0.2, which is safe */
    uint32_t blocks;   /* bit k set: block k learns, the others stay in flash; 0: all learn */
    float skip;        /* learn nothing if the right output leads by more; 0: learn from every sample */
    float clip;        /* keeps each weight within clip / sqrt(fan-in); 0: any weight */
    uint32_t rollback; /* samples after which learning that did harm is undone, by a copy of the parameters; 0: never */
} fenchel_learning;

/* What was done with a sample. */
typedef struct fenchel_update {
    float loss; /* half the squared error before the step */
    float step; /* length of the step; 0 if there was none */
} fenchel_update;

/* A flash memory, and the range of two slots of equal size in it, which hold a learned model each. Each slot begins
 * and ends with a sector and at a multiple of 256 bytes, and holds the file and 256 bytes. Calls return 0, or another
 * number for a failure. Offsets and counts of `read` and `write` are multiples of 256; what is written was erased
 * before, and is written once. `erase` always gets a whole slot. */
typedef struct fenchel_flash {
    void *context; /* given to every call */
    int32_t (*read)(void *context, uint32_t offset, void *bytes, size_t count);
    int32_t (*write)(void *context, uint32_t offset, const void *bytes, size_t count);
    int32_t (*erase)(void *context, uint32_t from, uint32_t to);
    uint32_t start; /* where the first slot begins */
    uint32_t end;   /* where the second one ends */
} fenchel_flash;

/* Where a saved model lies. */
typedef struct fenchel_saved {
    uint32_t version; /* 1 for the first that was saved, one more for each after it */
    uint32_t start;   /* where its file begins in the flash memory */
    uint32_t bytes;   /* of the file */
} fenchel_saved;

/* The bytes of memory that learning needs. */
int32_t fenchel_learning_bytes(const fenchel_model *model, const fenchel_learning *how, size_t *bytes);

/* Begin to learn, from the model's parameters on. `model`, its file and `memory` stay as long as `learner` is used,
 * and nothing else writes to them. */
int32_t fenchel_begin_learning(fenchel_learner *learner, const fenchel_model *model, const fenchel_learning *how,
                               float *memory, size_t memory_bytes);

/* Learn from one sample: a scaled input, and a target that is 1 at the right class and 0 elsewhere, or a regression's
 * scaled targets. Returns FENCHEL_OK if the parameters took a step, FENCHEL_SKIPPED, FENCHEL_DIVERGED or
 * FENCHEL_ROLLED_BACK if they didn't, with `update` filled; or what is below 0. */
int32_t fenchel_learn(fenchel_learner *learner, const float *input, size_t inputs, const float *target,
                      size_t outputs, fenchel_update *update);

/* The answer to one input by what was learned. */
int32_t fenchel_infer_learned(fenchel_learner *learner, const float *input, size_t inputs, float *output,
                              size_t outputs);

/* Save what was learned. Whenever the power is lost, the model that was saved before or the new one is loaded after
 * that. A save erases one slot, the slots take turns: flash memory that stands 10,000 erasures stands 20,000 saves. */
int32_t fenchel_save(fenchel_learner *learner, const fenchel_flash *flash, fenchel_saved *saved);

/* Where the newest good model lies: fenchel_load can use it in place where flash memory is read as memory.
 * FENCHEL_NOT_SAVED if there is none. */
int32_t fenchel_newest(const fenchel_flash *flash, fenchel_saved *saved);

/* Read the newest good model into `buffer`, aligned as a file, and load it from there. FENCHEL_NOT_SAVED if there is
 * none, and `model` is then as before. */
int32_t fenchel_load_saved(fenchel_model *model, const fenchel_flash *flash, void *buffer, size_t bytes,
                           fenchel_shape *shape);

/* What a status means, in English; never NULL. */
const char *fenchel_message(int32_t status);

#ifdef __cplusplus
}
#endif

#endif
