/* A regression and a reconstruction, as c_tasks.rs exported them: prints the bits of what they answer. */
#include <stdio.h>
#include <string.h>

#include "fenchel.h"
#include "print.h"
#include "regression.h"
#include "reconstruction.h"
#include "samples.h" /* sample, SAMPLES, INPUTS, UNITS */

static fenchel_model model;
static float state[FENCHEL_STATE_BYTES(UNITS) / sizeof(float)];

static int run(const uint8_t *file, size_t bytes) {
    fenchel_shape shape;
    size_t i;
    if (fenchel_load(&model, file, bytes, &shape) != FENCHEL_OK) return 1;
    printf("task %d, verdict %u\n", (int)fenchel_task_of(&model), (unsigned)sizeof(fenchel_verdict));
    for (i = 0; i < SAMPLES; i++) {
        float input[INPUTS], output[INPUTS];
        fenchel_verdict verdict;
        if (fenchel_scale_f32(&model, sample[i], input, INPUTS) != FENCHEL_OK) return 1;
        if (fenchel_infer(&model, input, INPUTS, state, sizeof state, output, shape.outputs) != FENCHEL_OK) return 1;
        if (fenchel_task_of(&model) == FENCHEL_REGRESSION) {
            if (fenchel_restore(&model, output, shape.outputs) != FENCHEL_OK) return 1;
            print_floats("values", output, shape.outputs);
        } else {
            if (fenchel_score(&model, input, INPUTS, output, shape.outputs, &verdict) != FENCHEL_OK) return 1;
            print_floats("score", &verdict.score, 1);
            print_floats("threshold", &verdict.threshold, 1);
            printf("anomaly %d\n", (int)verdict.anomaly);
        }
    }
    return 0;
}

int main(void) {
    return run(regression_file, REGRESSION_BYTES) || run(reconstruction_file, RECONSTRUCTION_BYTES);
}
