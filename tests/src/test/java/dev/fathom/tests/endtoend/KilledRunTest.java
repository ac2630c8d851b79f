package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.depthanything.ModelMetadata;
import dev.fathom.models.dinov2.VitConfig.Ffn;
import dev.fathom.models.dinov2.VitConfig;
import dev.fathom.models.dpt.DptConfig;
import dev.fathom.tests.faults.Faults.Kind;
import dev.fathom.tests.faults.HoldingProvider;
import dev.fathom.tests.tools.Cli;
import dev.fathom.training.state.TrainState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs in processes of their own that are killed (SIGKILL) at 20 random moments, each resumed, in float16 with a loss
 * scale that overflows, with a moving average, states kept, and another number of loader threads each time: they end
 * with the bits of the run that nobody killed.
 *
 * <p>Half of the kills come after a random time. The others hit a moment of saving that is drawn: the process stands
 * still before one certain write, force, link, rename or delete of a weights file, and is killed there.
 *
 * <p>{@code -Dfathom.seed=N} draws the same moments again.
 */
class KilledRunTest {
    /** So many chains of processes at a time. */
    private static final int CHAINS = 2;
    private static final int KILLS = 20 / CHAINS;
    /** What a process may stand before, and how many of these a save or two have. */
    private static final Map<Kind, Integer> MOMENTS = new TreeMap<>(Map.of(Kind.WRITE, 1000, Kind.FORCE, 9,
            Kind.MOVE, 3, Kind.LINK, 1, Kind.DELETE, 3));
    /** The processes live for a second each: no time for the better compiler, and classes are known to be sound. */
    private static final List<String> HASTE = List.of("-XX:TieredStopAtLevel=1", "-XX:+UnlockDiagnosticVMOptions",
            "-XX:-BytecodeVerificationRemote");
    private static final ModelConfig MINI = new ModelConfig(new VitConfig(14, 14, 16, 4, 1, Ffn.MLP),
            List.of(0, 1, 2, 3), new DptConfig(4, List.of(4, 4, 4, 4), false, false));

    @TempDir
    private static Path shared;
    private static Training training;
    private static Path reference;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() {
        training = new Training(Workshop.model(shared.resolve("start.safetensors"), MINI,
                ModelMetadata.of(MINI, Workshop.METRIC), state -> { }), Workshop.rooms(shared.resolve("train"), 0, 7),
                Workshop.rooms(shared.resolve("val"), 7, 1));
        reference = shared.resolve("reference");
        Cli cli = Says.run(words(reference, 2));
        assertEquals(0, cli.code(), cli.err());
        assertTrue(cli.out().contains(" steps overflowed in fp16 and were left out"), cli.out());
    }

    private static Object[] words(Path run, int workers, Object... more) {
        List<Object> options = new ArrayList<>(List.of("--bs", 1, "--img-size", 14, "--epochs", 3, "--save-every", 1,
                "--keep-last", 3, "--workers", workers, "--precision", "fp16", "--loss-scale", 0x1p37, "--ema", 0.9,
                "--best-by", "d1"));
        options.addAll(List.of(more));
        return training.words(run, options.toArray());
    }

    @Test
    void twentyKills(TestReporter report) throws Exception {
        long seed = Long.getLong("fathom.seed", System.nanoTime());
        List<Callable<Chain>> chains = new ArrayList<>();
        for (int i = 0; i < CHAINS; i++) {
            Chain chain = new Chain(seed, i, Files.createDirectories(folder.resolve("chain" + i)));
            chains.add(chain::run);
        }
        int saving = 0;
        try (ExecutorService threads = Executors.newFixedThreadPool(CHAINS)) {
            for (Future<Chain> done : threads.invokeAll(chains)) {
                Chain chain = done.get();
                saving += chain.saving;
                Cli rest = Says.run(words(chain.run, 2, chain.resume()));
                assertEquals(0, rest.code(), rest.err() + chain);
                chain.assertFinished();
                report.publishEntry("killed", chain.toString());
            }
        }
        report.publishEntry("kills", CHAINS * KILLS + " kills, " + saving + " while saving");
        assertTrue(saving >= CHAINS * KILLS / 2, saving + " kills while saving");
    }

    /** One run, and another when it is finished, until there were enough kills. */
    private static final class Chain {
        private final long seed;
        private final int number;
        private final Path folder;
        private final Random random;
        private final List<String> moments = new ArrayList<>();
        private Path run;
        private int runs;
        private int saving;

        Chain(long seed, int number, Path folder) {
            this.seed = seed;
            this.number = number;
            this.folder = folder;
            this.random = new Random(seed + number);
        }

        Chain run() throws Exception {
            begin();
            for (int kill = 0; kill < KILLS;) {
                boolean drawn = kill % 2 == 0;
                String moment = drawn ? killAtOperation() : killAfterTime();
                if (moment == null) {
                    assertFinished();
                    begin();
                    continue;
                }
                kill++;
                boolean torn = Workshop.files(run).stream().anyMatch(f -> f.endsWith(".tmp"));
                saving += drawn || torn ? 1 : 0;
                moments.add(moment + (torn ? " (half a file left)" : ""));
                if (Files.exists(last())) {
                    assertTrue(TrainState.describe(last()).isPresent(), "a whole state is there: " + this);
                }
            }
            return this;
        }

        private void begin() {
            run = folder.resolve("run" + runs++);
        }

        private Path last() {
            return run.resolve("last.safetensors");
        }

        Object[] resume() {
            return Files.exists(last()) ? new Object[] {"--resume"} : new Object[0];
        }

        private Child child(List<String> options) throws IOException {
            List<String> jvm = new ArrayList<>(HASTE);
            jvm.addAll(options);
            return Child.start(folder, List.of(), jvm, words(run, 1 + random.nextInt(3), resume()));
        }

        /** Kills the process at an operation; null if the run was over before. */
        private String killAtOperation() throws Exception {
            Kind kind = List.copyOf(MOMENTS.keySet()).get(random.nextInt(MOMENTS.size()));
            int count = 1 + random.nextInt(MOMENTS.get(kind));
            Path signal = folder.resolve("signal");
            Files.deleteIfExists(signal);
            try (Child child = child(HoldingProvider.options(kind, count, signal))) {
                if (child.ends(() -> Files.exists(signal))) {
                    assertEquals(0, child.exit(), child.err() + this);
                    return null;
                }
                child.kill();
                return kind + " " + count;
            }
        }

        /** Kills the process some time after it has saved for the first time; null if the run was over before. */
        private String killAfterTime() throws Exception {
            Object before = state();
            int millis = random.nextInt(60);
            try (Child child = child(List.of())) {
                boolean over = child.ends(() -> !state().equals(before));
                if (!over) {
                    Thread.sleep(millis);
                    child.kill();
                    over = child.exit() == 0;
                }
                if (over) {
                    assertEquals(0, child.exit(), child.err() + this);
                    return null;
                }
                return millis + " ms";
            }
        }

        /** Another for every save. */
        private Object state() {
            try {
                return Files.exists(last()) ? Files.readAttributes(last(), "unix:ino,lastModifiedTime").toString()
                        : "none";
            } catch (IOException e) {
                return "being replaced";
            }
        }

        void assertFinished() {
            Training.assertSameBits(reference.resolve("last.safetensors"), last(), toString());
            Training.assertSameBits(reference.resolve("best.safetensors"), run.resolve("best.safetensors"), toString());
            assertEquals(Workshop.files(reference), Workshop.files(run), "the same files, none half-written: " + this);
        }

        @Override
        public String toString() {
            return "seed " + seed + ", chain " + number + ", run " + runs + ": " + moments;
        }
    }
}
