package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.nn.StateDictLoader.Memory;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.tests.tools.Cli;
import dev.fathom.training.data.NyuHdf5Dataset;
import dev.fathom.training.optim.NamePattern;
import dev.fathom.training.options.BatchOptions;
import dev.fathom.training.options.OptimOptions;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.state.RunFolder;
import dev.fathom.training.trainer.RunPolicy;
import dev.fathom.training.trainer.TrainListener;
import dev.fathom.training.trainer.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fathom train}: clipping, freezing, rates by name, moving average, early stop, from words and from a file. */
class OptimiserOptionsTest {
    @TempDir
    private static Path shared;
    private static Training training;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() {
        training = Training.in(shared);
    }

    private Path run() {
        return folder.resolve("run");
    }

    private static Cli said(int code, Object... words) {
        Cli cli = Says.run(words);
        assertEquals(code, cli.code(), cli.err() + cli.out());
        return cli;
    }

    @Test
    void groupsAreToldAndFrozenWeightsStay() {
        Cli cli = said(0, training.words(run(), "--epochs", 1, "--init", "full", "--freeze", "pretrained.blocks.[01].*",
                "*_token", "--layer-decay", 0.5, "--lr-scale", "depth_head.*=0.1", "*.output_conv2.*=2"));
        assertTrue(cli.out().contains("""
                   3 tensors at lr 3.13e-06: pretrained.pos_embed ...
                  14 tensors at lr 2.50e-05: pretrained.blocks.2.norm1.weight ...
                  14 tensors at lr 5.00e-05: pretrained.blocks.3.norm1.weight ...
                   2 tensors at lr 1.00e-04: pretrained.norm.weight ...
                """), cli.out());
        assertTrue(cli.out().contains(" tensors at lr 1.00e-04: depth_head.projects.0.weight ..."), cli.out());
        assertTrue(cli.out().contains("   4 tensors at lr 2.00e-03: depth_head.scratch.output_conv2.0.weight ..."),
                cli.out());
        assertTrue(cli.out().contains("  30 tensors frozen, "), cli.out());
        try (CheckpointFile start = CheckpointFile.open(training.weights());
                CheckpointFile end = CheckpointFile.open(run().resolve("last.safetensors"))) {
            for (String name : start.tensors().keySet()) {
                boolean frozen = name.matches("pretrained\\.(blocks\\.[01]\\..*|.*_token)");
                boolean unused = name.contains("refinenet4.resConfUnit1");
                assertEquals(frozen || unused, same(start.tensors().get(name), end.tensors().get("model." + name)), name);
                assertEquals(frozen || unused, !end.tensors().containsKey("optimizer.exp_avg." + name), name);
            }
        }
    }

    private static boolean same(CheckpointTensor a, CheckpointTensor b) {
        return a.data().mismatch(b.data()) < 0;
    }

    /** A file says the same as words, lists as lists, and a run's own file repeats it to the bit. */
    @Test
    void theSameFromAFile() throws IOException {
        Path file = folder.resolve("my.yaml");
        Files.writeString(file, """
                clip-norm: 0.5
                freeze: ['pretrained.blocks.0.*', pretrained.norm.*]
                lr-scale:
                - pretrained.*=0.5
                layer-decay: 0.8
                ema: 0.9
                schedule: one-cycle
                early-stop: 3
                """);
        said(0, training.words(run(), "--epochs", 1, "--config", file));
        Path words = folder.resolve("words");
        said(0, training.words(words, "--epochs", 1, "--clip-norm", 0.5, "--freeze", "pretrained.blocks.0.*",
                "pretrained.norm.*", "--lr-scale", "pretrained.*=0.5", "--layer-decay", 0.8, "--ema", 0.9,
                "--schedule", "ONE_CYCLE", "--early-stop", 3));
        Training.assertSameBits(run().resolve("last.safetensors"), words.resolve("last.safetensors"), "from a file");
        Path again = folder.resolve("again");
        said(0, "train", "--config", run().resolve("config.yaml"), "--outdir", again);
        Training.assertSameBits(run().resolve("last.safetensors"), again.resolve("last.safetensors"), "from its own");
    }

    @Test
    void aPatternThatMatchesNothingStartsNoRun() {
        Cli cli = said(1, training.words(run(), "--freeze", "pretrained.block.*"));
        assertEquals("--freeze pretrained.block.* matches no parameter; under pretrained. there are cls_token, pos_embed,"
                + " mask_token, patch_embed, blocks, norm.", cli.err().strip());
        assertFalse(Files.exists(run()));
        assertEquals("--lr-scale head.* matches no parameter; names begin with pretrained, depth_head.",
                said(1, training.words(run(), "--lr-scale", "head.*=2")).err().strip());
    }

    /** Under a bound that no gradient reaches, the bits stay; under a small one, the norm is reported unclipped. */
    @Test
    void clippingActsOnTheUpdateAndTheNormIsReportedBefore() {
        List<Double> free = norms(OptimOptions.article().withRates(1e-4, 10), "free");
        assertEquals(free, norms(OptimOptions.article().withRates(1e-4, 10).withClipNorm(1e9), "wide"));
        Training.assertSameBits(folder.resolve("free").resolve("last.safetensors"),
                folder.resolve("wide").resolve("last.safetensors"), "a bound far away");
        List<Double> clipped = norms(OptimOptions.article().withRates(1e-4, 10).withClipNorm(1e-3), "tight");
        assertTrue(clipped.stream().allMatch(norm -> norm > 1e-2), "norms before clipping: " + clipped);
        assertEquals(free.subList(0, 2), clipped.subList(0, 2), "the first step has rate 0, so two norms are alike");
        assertNotEquals(free.get(2), clipped.get(2));
    }

    private List<Double> norms(OptimOptions optim, String name) {
        List<Double> norms = new ArrayList<>();
        train(name, optim, new TrainListener() {
            @Override
            public void step(Step step) {
                norms.add(step.gradNorm());
            }
        }, null);
        assertEquals(6, norms.size());
        return norms;
    }

    private static final OptimOptions AVERAGED = OptimOptions.article().withRates(1e-4, 10).withEma(0.8)
            .withFreeze(List.of(NamePattern.of("pretrained.blocks.0.*")));

    /** best.safetensors holds the averages of the state at the best epoch, and the weights themselves go on. */
    @Test
    void theBestModelIsTheAverage() {
        train("averaged", AVERAGED, new TrainListener() { }, null);
        train("plain", AVERAGED.withEma(0), new TrainListener() { }, null);
        Path run = folder.resolve("averaged");
        boolean lastIsBest = bestEpoch(run) == 1;
        try (CheckpointFile best = CheckpointFile.open(run.resolve("best.safetensors"));
                CheckpointFile last = CheckpointFile.open(run.resolve("last.safetensors"));
                CheckpointFile plain = CheckpointFile.open(folder.resolve("plain").resolve("last.safetensors"))) {
            assertEquals("0.8", best.metadata().get("fathom.ema"));
            int averages = 0;
            for (Map.Entry<String, CheckpointTensor> tensor : best.tensors().entrySet()) {
                CheckpointTensor average = last.tensors().get("ema." + tensor.getKey());
                CheckpointTensor weight = last.tensors().get("model." + tensor.getKey());
                assertTrue(same(weight, plain.tensors().get("model." + tensor.getKey())), "averaging changes no weight");
                if (tensor.getKey().startsWith("pretrained.blocks.0.")) {
                    assertEquals(null, average, "frozen parameters have no average");
                    assertTrue(same(tensor.getValue(), weight), tensor.getKey());
                } else {
                    averages++;
                    assertTrue(!lastIsBest || same(tensor.getValue(), average), tensor.getKey());
                    boolean unused = tensor.getKey().matches(".*mask_token|.*refinenet4.resConfUnit1.*");
                    assertEquals(unused, same(average, weight), tensor.getKey());
                }
            }
            assertTrue(averages > 50 && lastIsBest, averages + " averages");
        }
    }

    /** Stopped in the middle of an epoch and in the middle of a validation, then resumed: the same bits. */
    @Test
    void anAveragedRunThatIsResumedIsTheUninterruptedOne() {
        train("whole", AVERAGED, new TrainListener() { }, null);
        int[] steps = new int[1];
        Trainer[] trainer = new Trainer[1];
        TrainListener stopping = new TrainListener() {
            @Override
            public void step(Step step) {
                if (++steps[0] == 2) {
                    trainer[0].requestStop();
                }
            }

            @Override
            public void validated(Validated image) {
                if (steps[0] == 3) {
                    steps[0]++;
                    trainer[0].requestStop();
                }
            }
        };
        assertEquals(Trainer.End.STOPPED, train("parts", AVERAGED, stopping, trainer));
        assertEquals(Trainer.End.STOPPED, train("parts", AVERAGED, stopping, trainer), "in the validation");
        assertEquals(Trainer.End.FINISHED, train("parts", AVERAGED, stopping, trainer));
        for (String file : List.of("last.safetensors", "best.safetensors")) {
            Training.assertSameBits(folder.resolve("whole").resolve(file), folder.resolve("parts").resolve(file), file);
        }
    }

    private Trainer.End train(String name, OptimOptions optim, TrainListener listener, Trainer[] held) {
        RunFolder run = RunFolder.at(folder.resolve(name));
        TrainOptions options = TrainOptions.article().over(2, 42).with(BatchOptions.article().of(2, 70)).with(optim);
        try (MemoryScope scope = MemoryScope.open("training"); ModelFile file = ModelFile.open(training.weights())) {
            DepthAnythingV2 model = run.canResume() ? new DepthAnythingV2(Workshop.TINY, Workshop.METRIC)
                    : file.load(Workshop.METRIC, Memory.COPY, Device.CPU);
            Trainer trainer = new Trainer(model, NyuHdf5Dataset.open(training.train()),
                    NyuHdf5Dataset.open(training.val()), options, RunPolicy.standard(), run, listener);
            if (held != null) {
                held[0] = trainer;
            }
            return (run.canResume() ? trainer.resume(Device.CPU) : trainer.start()).end();
        }
    }

    /** With a rate of 0 nothing improves after the first epoch; the number is no part of what the run is. */
    @Test
    void earlyStopEndsARunThatNoLongerImproves() throws IOException {
        Cli cli = said(0, training.words(run(), "--lr", 0, "--epochs", 5, "--early-stop", 2));
        assertTrue(cli.out().contains("stopped early after epoch 3: no better validation since epoch 1; --resume with a"
                + " larger --early-stop, or without, goes on"), cli.out());
        assertTrue(cli.out().contains("done: best abs_rel "), cli.out());
        assertEquals(3, Files.readAllLines(run().resolve("metrics.jsonl")).size());
        Object[] again = training.words(run(), "--lr", 0, "--epochs", 5, "--early-stop", 2, "--resume");
        assertTrue(said(0, again).out().contains("stopped early after epoch 3"));
        assertEquals(3, Files.readAllLines(run().resolve("metrics.jsonl")).size());
        said(0, training.words(run(), "--lr", 0, "--epochs", 5, "--early-stop", 3, "--resume"));
        assertEquals(4, Files.readAllLines(run().resolve("metrics.jsonl")).size());
        said(0, training.words(run(), "--lr", 0, "--epochs", 5, "--resume"));
        assertEquals(5, Files.readAllLines(run().resolve("metrics.jsonl")).size());
    }

    /** Under other conditions a run is not the same run, and the refusal shows lists as lists. */
    @Test
    void anotherOptimiserIsAnotherRun() {
        said(0, training.words(run(), "--epochs", 1, "--freeze", "pretrained.*"));
        String error = said(1, training.words(run(), "--epochs", 1, "--freeze", "pretrained.norm.*", "--resume",
                "--ema", 0.5, "--clip-norm", 2, "--warmup-steps", 1)).err();
        for (String part : List.of("optim.clipNorm was 0.0 and is 2.0", "optim.emaDecay was 0.0 and is 0.5",
                "optim.freeze was [\"pretrained.*\"] and is [\"pretrained.norm.*\"]", "schedule.warmupSteps was 0 and is 1")) {
            assertTrue(error.contains(part), error);
        }
    }

    private static int bestEpoch(Path run) {
        try (CheckpointFile last = CheckpointFile.open(run.resolve("last.safetensors"))) {
            return Integer.parseInt(last.metadata().get("fathom.progress")
                    .replaceAll(".*\"bestEpoch\":(\\d+).*", "$1"));
        }
    }
}
