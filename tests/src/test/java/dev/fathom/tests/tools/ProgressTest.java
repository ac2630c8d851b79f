package dev.fathom.tests.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.tools.cli.Durations;
import dev.fathom.tools.cli.Progress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private static List<String> lines(Duration apart, int steps, int total) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (Progress progress = Progress.lines("Reading", total, "files", new PrintStream(bytes), apart)) {
            progress.note("loss 0.5");
            for (int i = 0; i < steps; i++) {
                progress.step();
            }
            progress.to(Math.min(1, steps));
        }
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void quickWorkIsOneLine() {
        List<String> lines = lines(Duration.ofHours(1), 5, 5);
        assertEquals(1, lines.size(), lines.toString());
        assertTrue(lines.getFirst().startsWith("Reading: 5 of 5 files, ") && lines.getFirst().endsWith(", loss 0.5"),
            lines.getFirst());
    }

    @Test
    void longWorkIsALineNowAndThen() {
        List<String> lines = lines(Duration.ZERO, 3, 4);
        assertEquals(3, lines.size(), lines.toString());
        assertTrue(lines.get(1).startsWith("Reading: 2 of 4 files, ") && lines.get(1).contains(" left, loss"),
            lines.get(1));
    }

    @Test
    void workThatFailedAtOnceSaysNothing() {
        assertEquals(List.of(), lines(Duration.ZERO, 0, 0));
    }

    @Test
    void timesAndSizesAreSaidAsPeopleSayThem() {
        assertEquals("0.8 s", Durations.words(0.8));
        assertEquals("10 s", Durations.words(9.96));
        assertEquals("3 min 5 s", Durations.words(185.2));
        assertEquals("2 h 10 min", Durations.words(7805));
        assertEquals("999 bytes", Durations.bytes(999));
        assertEquals("1.0 kB", Durations.bytes(1000));
        assertEquals("1.0 MB", Durations.bytes(999_600));
        assertEquals("99 MB", Durations.bytes(99_173_000));
    }
}
