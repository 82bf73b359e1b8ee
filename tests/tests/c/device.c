/* What an engineer's program does, in the order of c_interface.rs: prints every result's bits. */
#include <stdio.h>
#include <string.h>

#include "fenchel.h"
#include "print.h"
#include "exported.h" /* fenchel_file */
#include "samples.h" /* sample, target, attack, SAMPLES, INPUTS, OUTPUTS, UNITS */

static fenchel_model model;
static float state[FENCHEL_STATE_BYTES(UNITS) / sizeof(float)];

int main(void) {
    static const uint32_t schedules[] = {FENCHEL_FORWARD_BACKWARD, FENCHEL_UNITWISE, FENCHEL_BACKWARD};
    const fenchel_nudge nudge = {0.1275f, 0.125f, 0.0025f};
    fenchel_settings settings = {0, 20, 0.0f};
    fenchel_outcome outcome;
    fenchel_shape shape;
    uint8_t bytes[INPUTS];
    int16_t words[INPUTS];
    float floats[INPUTS];
    float input[INPUTS];
    float output[OUTPUTS];
    int32_t status;
    size_t i, k;

    printf("layout %u %u %u %u %u %u\n", (unsigned)sizeof(fenchel_model), (unsigned)sizeof(fenchel_shape),
           (unsigned)sizeof(fenchel_nudge), (unsigned)sizeof(fenchel_settings),
           (unsigned)sizeof(fenchel_outcome), (unsigned)FENCHEL_STATE_BYTES(1));
    status = fenchel_infer(&model, sample[0], INPUTS, state, sizeof state, output, OUTPUTS);
    printf("not loaded %d\n", (int)status);
    status = fenchel_load(&model, fenchel_file, sizeof fenchel_file - 1, &shape);
    printf("cut %d\n", (int)status);
    status = fenchel_load(&model, fenchel_file + 1, sizeof fenchel_file - 1, &shape);
    printf("other %d\n", (int)status);
    printf("null %d\n", (int)fenchel_load(&model, NULL, 0, &shape));
    status = fenchel_load(&model, fenchel_file, sizeof fenchel_file, &shape);
    printf("load %d %s\n", (int)status, fenchel_message(status));
    printf("shape %u %u %u\n", (unsigned)shape.inputs, (unsigned)shape.outputs, (unsigned)shape.state_bytes);
    for (i = 0; i < INPUTS; i++) {
        bytes[i] = (uint8_t)(20 * i);
        words[i] = (int16_t)(300 * (int)i - 700);
        floats[i] = 0.1f * (float)i;
    }
    status = fenchel_scale_u8(&model, bytes, input, INPUTS);
    printf("scale %d\n", (int)status);
    print_floats("input", input, INPUTS);
    status = fenchel_scale_i16(&model, words, input, INPUTS);
    printf("scale %d\n", (int)status);
    print_floats("input", input, INPUTS);
    status = fenchel_scale_f32(&model, floats, input, INPUTS);
    printf("scale %d\n", (int)status);
    print_floats("input", input, INPUTS);
    status = fenchel_infer(&model, sample[0], INPUTS, state, sizeof state - 1, output, OUTPUTS);
    printf("small state %d\n", (int)status);
    status = fenchel_infer(&model, sample[0], INPUTS - 1, state, sizeof state, output, OUTPUTS);
    printf("size %d\n", (int)status);
    for (i = 0; i < SAMPLES; i++) {
        status = fenchel_infer(&model, sample[i], INPUTS, state, sizeof state, output, OUTPUTS);
        printf("infer %d\n", (int)status);
        print_floats("output", output, OUTPUTS);
        for (k = 0; k < 3; k++) {
            settings.schedule = schedules[k];
            status = fenchel_relax(&model, &settings, &nudge, sample[i], INPUTS, target, attack, state,
                                   sizeof state, output, OUTPUTS, &outcome);
            printf("relax %d %u\n", (int)status, (unsigned)outcome.sweeps);
            print_floats("energy", &outcome.energy, 1);
            print_floats("residual", &outcome.residual, 1);
            print_floats("output", output, OUTPUTS);
        }
    }
    settings.schedule = 9;
    status = fenchel_relax(&model, &settings, &nudge, sample[0], INPUTS, target, NULL, state, sizeof state,
                           output, OUTPUTS, &outcome);
    printf("schedule %d\n", (int)status);
    return 0;
}
