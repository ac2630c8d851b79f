package dev.fathom.tests.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Exit codes and sentences of the command line as a whole. */
class CommandLineTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"video", "synth", "info", "convert", "doctor"})
    void everyCommandExplainsItself(String command) {
        Cli help = Cli.run(command, "--help");
        assertEquals(0, help.code());
        assertTrue(help.out().startsWith("Usage: fathom " + command), help.out());
        assertTrue(help.out().contains("--debug") && help.err().isEmpty());
        assertTrue(Cli.run("--help").out().contains("  " + command + " "), "the overview names it");
    }

    @Test
    void noCommandIsAWrongCallThatShowsHelp() {
        Cli none = Cli.run();
        assertEquals(2, none.code());
        assertTrue(none.out().isEmpty() && none.err().contains("Commands:"));
        assertTrue(Cli.run("--version").out().matches("Fathom \\d+\\.\\d+\\.\\d+\\S*\\R"), Cli.run("--version").out());
    }

    @ParameterizedTest
    @CsvSource({
        "synth --out o --count 1 --sed 4, Did you mean --seed instead of --sed?",
        "synth --out o --cout 1, Did you mean --count instead of --cout?",
        "synth --out o --cuont=1, Did you mean --count instead of --cuont?",
        "sinth --out o, Did you mean synth?",
        "sinth --help, There is no command 'sinth'.",
        "gpu chekc --help, Did you mean check?",
        "synth --sed 4 --help, Did you mean --seed instead of --sed?",
        "synth --count 1, Missing required option: '--out=DIR'.",
        "synth --out o --count many, 'many' is not an int",
        "synth --out o --count 0, there must be at least 1 room",
        "synth --out o --count 1 --val -1, a number of rooms is not negative",
        "synth --out o --count 1 --size 12, write width x height in pixels",
        "synth --out o --count 1 --size 8x8, each side must be 16 to 4096 pixels",
        "synth --out o --count 1 --holes 2, it is a share from 0 to 1",
        "synth --out o --count 1 --threads 0, a number of threads is 1 to 1024",
        "convert a.pth b.onnx, b.onnx names no format that can be written",
        "convert a.pth b.h5 --dtype fp16, 'fp16' is not one of keep",
        "info, Missing required parameter: 'FILE'.",
    })
    void aWrongCallIsExplainedWithExitCode2(String call, String sentence) {
        Cli cli = Cli.run(call.split(" "));
        assertEquals(2, cli.code(), cli.err());
        assertTrue(cli.err().contains(sentence), cli.err());
        assertTrue(cli.err().contains("--help' lists what there is."), cli.err());
        assertFalse(cli.err().contains("\tat "), "a stack trace without --debug");
        assertTrue(cli.out().isEmpty(), cli.out());
    }

    @Test
    void aFailedRunIsOneSentenceWithExitCode1AndATraceOnlyOnRequest() {
        Cli cli = Cli.run("info", folder.resolve("no.pth").toString());
        assertEquals(1, cli.code());
        assertEquals(1, cli.err().lines().count(), cli.err());
        assertTrue(cli.err().contains("no.pth does not exist"), cli.err());
        Cli debug = Cli.run("info", "--debug", folder.resolve("no.pth").toString());
        assertEquals(1, debug.code());
        assertTrue(debug.err().contains("no.pth does not exist") && debug.err().contains("\tat dev.fathom."),
            debug.err());
        assertTrue(Cli.run("--debug", "info", folder.resolve("no.pth").toString()).err().contains("\tat dev.fathom."));
    }

    @Test
    void doctorReportsTheMachine() {
        Cli cli = Cli.run("doctor", "--quick");
        assertTrue(cli.code() == 0 || cli.out().contains("! "), cli.out());
        for (String fact : new String[] {"Java", "Vector unit", "-bit vectors", "Memory", "Threads"}) {
            assertTrue(cli.out().contains(fact), cli.out());
        }
        assertTrue(cli.out().contains(System.getProperty("java.home")), cli.out());
        assertFalse(cli.out().contains("GFLOP"), "--quick measures nothing");
    }

    @Test
    void synthWritesSplitsAndAPreviewAndNeverMixesOldWithNew() throws Exception {
        String out = folder.resolve("rooms").toString();
        Cli cli = Cli.run("synth", "--out", out, "--count", "3", "--val", "1", "--size", "32x24", "--seed", "9",
            "--preview");
        assertEquals(0, cli.code(), cli.err());
        assertTrue(cli.out().startsWith("Wrote 4 rooms of 32x24 pixels (seed 9)"), cli.out());
        for (String file : new String[] {"train/room_00000.h5", "train/room_00002.h5", "val/room_00003.h5",
            "preview.png"}) {
            assertTrue(Files.size(folder.resolve("rooms").resolve(file)) > 100, file);
        }
        Cli again = Cli.run("synth", "--out", out, "--count", "2", "--val", "1", "--size", "32x24");
        assertEquals(1, again.code());
        assertTrue(again.err().contains("already holds 3 .h5 files") && again.err().contains("--overwrite"),
            again.err());
        assertEquals(0, Cli.run("synth", "--out", out, "--count", "2", "--val", "1", "--size", "32x24", "--overwrite")
            .code());
        assertFalse(Files.exists(folder.resolve("rooms/train/room_00002.h5")),
            "a room of the first run is still there");
        assertFalse(Files.exists(folder.resolve("rooms/val/room_00003.h5")), "a room of the first run is still there");
    }

    @Test
    void synthSaysWhenItCannotWrite() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "x");
        Cli cli = Cli.run("synth", "--out", file.resolve("below").toString(), "--count", "1", "--size", "32x24");
        assertEquals(1, cli.code());
        assertTrue(cli.err().contains("Cannot make the folder") && cli.err().contains("may be written to"), cli.err());
    }
}
