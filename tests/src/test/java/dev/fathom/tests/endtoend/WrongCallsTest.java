package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Calls whose words alone are wrong: exit code 2, the sentence, a pointer to the help; and no file was looked at, let
 * alone made.
 */
class WrongCallsTest {
    private static final String PREDICT = "predict --load-from no.pth --img-path no.png --outdir OUT";
    private static final String EVALUATE = "evaluate --load-from no.pth --data no --outdir OUT";
    private static final String TRAIN = "train --load-from no.pth --data no --val no --max-depth 10 --outdir OUT";

    @TempDir
    private Path folder;

    private String wrong(String call) {
        Path out = folder.resolve("out");
        List<Object> words = new ArrayList<>(List.of(call.replace("OUT", out.toString()).split(" ")));
        String sentence = Says.wronglyCalled(words.toArray());
        assertFalse(Files.exists(out), "a wrong call makes no folder");
        return sentence;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--max-depth 10 --relative | --max-depth is for metric models and --relative for relative ones; give one of them.",
        "--max-depth -1            | --max-depth is -1.0, but a model's largest depth is more than 0 metres.",
        "--max-depth NaN           | --max-depth is NaN, but a model's largest depth is more than 0 metres.",
        "--encoder vitx            | There is no encoder 'vitx'; choose one of vits, vitb, vitl, vitg.",
        "--input-size 0            | --input-size is 0, but must be at least 14, one patch of the network.",
        "--input-size 518px        | Invalid value for option '--input-size': '518px' is not an int.",
    })
    void modelsOptions(String options, String sentence) {
        assertEquals(sentence, wrong(PREDICT + " " + options));
        assertEquals(sentence, wrong(EVALUATE + " " + options));
    }

    @Test
    void predictsOptions() {
        assertEquals("--grayscale and --palette exclude each other; give one of them.", wrong(PREDICT
                + " --grayscale --palette viridis"));
        String palettes = wrong(PREDICT + " --palette virdis");
        assertTrue(palettes.startsWith("There is no palette \"virdis\"; choose one of ")
                && palettes.contains("viridis"), palettes);
        assertEquals("Missing required option: '--load-from=FILE'.\nDid you mean --load-from instead of --load-form?",
                wrong("predict --load-form no.pth --img-path no.png"));
        assertEquals("Unknown option: '--save-numppy'.\nDid you mean --save-numpy instead of --save-numppy?",
                wrong(PREDICT + " --save-numppy"));
        assertEquals("--tile-size, --tile-overlap and --tile-align are about --tiles; add it or leave them out.",
                wrong(PREDICT + " --tile-size 600"));
        assertEquals("--tile-size is 20, but must be at least 28 pixels.", wrong(PREDICT + " --tiles --tile-size 20"));
        assertEquals("--tile-overlap is 1.0, but must be a share from 0 to 0.9.", wrong(PREDICT
                + " --tiles --tile-overlap 1"));
        assertEquals("Option '--input-size' (N) should be specified only once.", wrong(PREDICT
                + " --input-size 14 --input-size 28"));
        assertEquals("Unknown option: '--max_depth=3'.\nDid you mean --max-depth instead of --max_depth?", wrong(PREDICT
                + " --max_depth=3"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--workers 0                          | --workers is 0, but must be at least 1.",
        "--batch 0                            | --batch is 0, but must be at least 1.",
        "--fit robust                         | --fit is robust, but must be left out with --align none: there is one way to do that.",
        "--align moon                         | Invalid value for option '--align': 'moon' is none of none, median, scale, affine, affine-disparity.",
        "--crop moon                          | Invalid value for option '--crop': --crop is moon, but must be none, eigen-nyu, eigen-kitti, garg, kb, kb+garg, kb+eigen-kitti or box=T,B,L,R, rows T to B - 1 and columns L to R - 1.",
        "--min 0 --clamp                      | --clamp needs --min above 0 metres, which is 0.0: a depth of 0 has no logarithm and no reciprocal.",
        "--space disparity --measures boundary | --measures boundary are defined on depth; leave them out, or use --space depth.",
        "--bootstrap 5                        | --bootstrap is 5, but an interval needs at least 100 resamples.",
        "--predictions x                      | Invalid value for option '--predictions' ([NAME=]DIR,key=value): --predictions x does not say how long a unit of its numbers is: expected unit=m (cm, dm, foot, inch, km, m, mm, um), scale=METRES such as scale=1/256, or unit=none where numbers are relative.",
        "--min-depth -1                       | --min is -1.0, but must be 0 or more metres.",
        "--min-depth 3 --eval-max-depth 2     | --max is 2.0, but must be more metres than --min, which is 3.0.",
    })
    void evaluatesOptions(String options, String sentence) {
        assertEquals(sentence, wrong(EVALUATE + " " + options));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--epochs 0          | --epochs is 0, but must be at least 1.",
        "--bs 0              | --batch-size is 0, but must be at least 1.",
        "--img-size 100      | --input-size is 100, but must be a multiple of 14.",
        "--img-size -14      | --input-size is -14, but must be a multiple of 14.",
        "--lr -1             | --lr is -1.0, but must be 0 or more.",
        "--lr NaN            | --lr is NaN, but must be 0 or more.",
        "--head-lr-factor -1 | --head-lr-factor is -1.0, but must be 0 or more.",
        "--weight-decay -1   | --weight-decay is -1.0, but must be 0 or more.",
        "--warmup-epochs 11  | --warmup-epochs is 11.0, but must be from 0 to the number of epochs.",
        "--warmup-steps -1   | --warmup-steps is -1, but must be 0 or more.",
        "--warmup-steps 3 --warmup-epochs 1 | --warmup-steps is 3, but must be left out beside --warmup-epochs 1.0: a warm-up has one length.",
        "--schedule one-cycle --warmup-steps 3 | --warmup-steps is 3, but must be left out with --schedule one-cycle, which has a rise of its own.",
        "--clip-norm -1      | --clip-norm is -1.0, but must be above 0, or 0 for no bound.",
        "--ema 1             | --ema is 1.0, but must be above 0 and below 1, or 0 for no average.",
        "--layer-decay 0     | --layer-decay is 0.0, but must be above 0 and at most 1.",
        "--early-stop -1     | --early-stop is -1, but a number of epochs is not negative.",
        "--lr-scale a.*      | 'a.*' has no factor; expected PATTERN=FACTOR, such as 'pretrained.*=0.1'.",
        "--lr-scale a.*=0    | The factor of a.* is 0.0, but must be above 0 and finite; to keep parameters as they are, freeze them.",
        "--freeze a[0-5      | The name pattern 'a[0-5' has a [ without its ]; expected a set such as [0-5].",
        "--accumulate 0      | --accumulate is 0, but must be at least 1.",
        "--accumulate 5      | --bs is 4, but 1 device with 5 parts needs at least 5 pictures; give a larger --bs or a smaller --accumulate.",
        "--devices cpu*3 --accumulate 2 | --bs is 4, but 3 devices (cpu, cpu, cpu) with 2 parts each need at least 6 pictures; give a larger --bs, a smaller --accumulate or fewer --devices.",
        "--devices cpu*5     | --bs is 4, but 5 devices (cpu, cpu, cpu, cpu, cpu) need at least 5 pictures; give a larger --bs or fewer --devices.",
        "--devices cpu*2 --device cpu | --device and --devices exclude each other; give one of them.",
        "--devices cpu,cuda  | --devices names devices of different kinds, cpu, cuda, but the workers of one training must be alike.",
        "--devices cuda:1,cuda:1 | --devices names one GPU twice, cuda:1, cuda:1, but a GPU takes one worker; only the processor takes several (cpu*2).",
        "--devices gpu       | --devices is 'gpu', but must be a list like cpu*2 (two workers on the processor) or cuda:0,cuda:1 (or cuda*2, the first two).",
        "--devices cpu:1     | --devices is 'cpu:1', but must be a list like cpu*2 (two workers on the processor) or cuda:0,cuda:1 (or cuda*2, the first two).",
        "--devices cpu*0     | --devices is 'cpu*0', but must be a list like cpu*2 (two workers on the processor) or cuda:0,cuda:1 (or cuda*2, the first two).",
        "--devices cpu,      | --devices is 'cpu,', but must be a list like cpu*2 (two workers on the processor) or cuda:0,cuda:1 (or cuda*2, the first two).",
        "--overfit-one-batch 1 | --overfit-one-batch is 1, but must be at least 2 steps.",
        "--overfit-one-batch --lr-find | --overfit-one-batch and --lr-find are two experiments; ask for one at a time.",
        "--lr-find --resume  | --lr-find begins from start weights; leave --resume out.",
        "--lr-find-from 0    | --lr-find-from is 0.0, but must be above 0.",
        "--lr-find-to 1e-8   | --lr-find-to is 1.0E-8, but must be above --lr-find-from, which is 1.0E-7.",
        "--lr-find-steps 5   | --lr-find-steps is 5, but must be at least 20.",
        "--silog-lambda 1.5  | --silog-lambda is 1.5, but must be from 0 to 1.",
        "--loss l2           | Invalid value for option '--loss': expected one of [SILOG, SILOG_ZOE, silog-zoe, L1, BERHU] (case-insensitive) but was 'l2'.",
        "--loss l1 --silog-lambda 0        | --silog-lambda is 0.0, but must be left out with --loss l1: only silog has it.",
        "--silog-beta 0.15                 | --silog-beta is 0.15, but must be left out with --loss silog: only silog-zoe has it.",
        "--loss silog-zoe --silog-beta -1  | --silog-beta is -1.0, but must be 0 or more.",
        "--gradient-weight -1              | --gradient-weight is -1.0, but must be 0 or more.",
        "--gradient-weight NaN             | --gradient-weight is NaN, but must be 0 or more.",
        "--gradient-scales 3               | --gradient-scales is 3, but must be left out without a --gradient-weight above 0.",
        "--gradient-weight 1 --gradient-scales 17 | --gradient-scales is 17, but must be from 1 to 16.",
        "--min-depth 10      | --max-depth is 10.0, but must be more metres than --min-depth.",
        "--workers 0         | --workers is 0, but must be at least 1.",
        "--save-every -1     | --save-every is '-1', but must be a number of steps (200), minutes (10m) or epochs (1e), more than 0.",
        "--histogram-every -1 | --histogram-every is -1, but a number of steps is not negative.",
        "--panels -2         | --panels is -2, but a number of samples is not negative.",
        "--encoder vitx      | There is no encoder 'vitx'; choose one of vits, vitb, vitl, vitg.",
        "--init none         | --init none starts from random numbers; it needs --encoder and takes no --load-from.",
        "--schedule linear   | Invalid value for option '--schedule': expected one of [COSINE, POLY, ONE_CYCLE, one-cycle, CONSTANT] (case-insensitive) but was 'linear'.",
    })
    void trainsOptions(String options, String sentence) {
        assertEquals(sentence, wrong(TRAIN + " " + options));
    }

    @Test
    void trainingNeedsAStart() {
        assertEquals("--load-from is missing: the weights to start from; or start from random numbers with --init none"
                + " and --encoder.",
                wrong("train --data no --val no --max-depth 10 --outdir OUT"));
        assertEquals("Missing required option: '--max-depth=M'.",
                wrong("train --data no --val no --load-from no.pth --outdir OUT"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--range 1,2 --percentiles 2,98 | --range and --percentiles exclude each other; give one of them.",
        "--range 2,1           | --range is 2,1, but must be two values, the lower first, like 0.5,10.",
        "--range 2             | --range is 2, but must be two values, the lower first, like 0.5,10.",
        "--range 1.2.3,4       | --range is 1.2.3,4, but must be two values, the lower first, like 0.5,10.",
        "--percentiles 2,101   | --percentiles is 2,101, but percentages are from 0 to 100.",
        "--percentiles a,b     | --percentiles is a,b, but must be two percentages, the lower first, like 2,98.",
        "--smooth 1.5          | --smooth is 1.5, but must be from 0 (nothing) to 1 (each frame follows the one before for good).",
        "--fps 0               | --fps is 0, but must be a number like 25 or 30000/1001.",
        "--fps 25/0            | --fps is 25/0, but must be a number like 25 or 30000/1001.",
        "--grayscale --palette magma | --grayscale and --palette exclude each other; give one of them.",
        "--format avi          | Invalid value for option '--format': expected one of [FRAMES, MP4, MOV] (case-insensitive) but was 'avi'.",
        "--spool float8        | Invalid value for option '--spool': expected one of [FLOAT32, FLOAT16] (case-insensitive) but was 'float8'.",
        "--input-size 0        | --input-size is 0, but must be at least 14, one patch of the network.",
    })
    void videosOptions(String options, String sentence) {
        assertEquals(sentence, wrong("video --load-from no.pth --video-path no.mp4 --outdir OUT " + options));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--runs 0         | --runs is 0, but must be at least 1.",
        "--batch 0        | --batch is 0, but must be at least 1.",
        "--input-size 100 | --input-size is 100, but must be a multiple of 14.",
        "--encoder vitx   | There is no encoder 'vitx'; choose one of vits, vitb, vitl, vitg.",
    })
    void benchsOptions(String options, String sentence) {
        assertEquals(sentence, wrong("bench " + options));
    }
}
