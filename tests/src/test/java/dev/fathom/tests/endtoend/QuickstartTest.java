package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.models.image.PictureReader;
import dev.fathom.tests.tools.Cli;
import dev.fathom.tools.quickstart.Quickstart;
import dev.fathom.tools.quickstart.QuickstartPlan;
import dev.fathom.training.metrics.DepthMetric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code fathom quickstart} in a few seconds: the same way through everything, with rooms and a network of toy size.
 */
class QuickstartTest {
    private static final List<String> FILES = List.of("data/train/room_00000.h5", "data/train/room_00001.h5",
            "data/train/room_00002.h5", "data/train/room_00003.h5", "data/train/room_00004.h5",
            "data/train/room_00005.h5",
            "data/val/room_00006.h5", "data/val/room_00007.h5", "data/val/room_00008.h5", "predictions.png",
            "report.html",
            "run/best.safetensors", "run/last.safetensors", "run/metrics.jsonl", "run/run.lock", "run/steps.jsonl",
            "run/validation.jsonl");

    @TempDir
    private Path folder;

    /** Twice into one folder, with rooms of an older and larger quickstart in it: those must not be learnt from. */
    @Test
    void everythingFromNothing() throws IOException {
        Workshop.frame(Files.createDirectories(folder.resolve("data/val")).resolve("room_00477.h5"), 1);
        for (int time = 0; time < 2; time++) {
            Cli cli = Says.run("quickstart", "--tiny", "--outdir", folder);
            assertEquals(0, cli.code(), cli.err());
            for (DepthMetric metric : DepthMetric.values()) {
                assertTrue(cli.out().matches("(?s).*\\n" + metric.key() + " +-?[\\d.]+ +[\\d.]+ +[\\d.]+\\R.*"),
                        metric.key() + cli.out());
            }
            assertTrue(cli.out().matches("(?s).*abs_rel [\\d.]+ against [\\d.]+ of the best constant prediction .*"
                    + " error, in .*"),
                    cli.out());
            for (String file : new String[] {"predictions.png", "report.html", "run/best.safetensors"}) {
                assertTrue(cli.out().contains(folder.resolve(file).toString()), file + " in " + cli.out());
            }
            assertEquals(FILES, Workshop.files(folder));
        }
        assertTrue(PictureReader.read(folder.resolve("predictions.png")).width() > 100);
        String page = Files.readString(folder.resolve("report.html"));
        assertTrue(page.contains("from 6 rendered rooms") && page.contains("data:image/png;base64,"), "the report");
        assertFalse(page.contains("src=\"http") || page.contains("href=\"http"), "the report needs nothing else");
    }

    /** Ctrl-C is heeded whatever is going on. */
    @ParameterizedTest
    @ValueSource(strings = {"rendered", "measured", "step", "validated"})
    void aStopEndsItWhereverItIs(String where) {
        Stopping watcher = new Stopping(where);
        watcher.quickstart = new Quickstart(folder, QuickstartPlan.tiny(), Device.CPU, watcher);
        assertNull(watcher.quickstart.run());
        assertEquals(1, watcher.seen, "it went on after being asked to stop");
    }

    private static final class Stopping implements Quickstart.Watcher {
        private final String where;
        private Quickstart quickstart;
        private int seen;

        Stopping(String where) {
            this.where = where;
        }

        private synchronized void at(String place) {
            if (place.equals(where)) {
                seen++;
                quickstart.requestStop();
            }
        }

        @Override
        public void rendering(String what, int total) {
        }

        @Override
        public void rendered(int done) {
            at("rendered");
        }

        @Override
        public void measuring(String what, int total) {
        }

        @Override
        public void measured(int done) {
            at("measured");
        }

        @Override
        public void step(Step step) {
            at("step");
        }

        @Override
        public void validated(Validated image) {
            at("validated");
        }
    }
}
