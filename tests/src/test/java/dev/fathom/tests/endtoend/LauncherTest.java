package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The script {@code tools/fathom} with the real java and the real jars. It runs in a copy of its surroundings, so that
 * it never starts a build in the middle of the one that runs this test.
 */
class LauncherTest {
    private static final Path ROOT = Path.of(System.getProperty("fathom.root"));

    @TempDir
    private Path folder;

    @BeforeEach
    void copy() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "needs bash");
        Path lib = ROOT.resolve("tools/target/lib");
        assumeTrue(Files.isDirectory(lib) && holdsFathom(lib),
                "tools/target/lib is not built: mvn package (or verify) makes it, mvn test does not");
        Files.createDirectories(folder.resolve("tools/target"));
        Files.copy(ROOT.resolve("tools/fathom"), folder.resolve("tools/fathom"));
        Files.copy(ROOT.resolve("tools/jvm.args"), folder.resolve("tools/jvm.args"));
        Files.createSymbolicLink(folder.resolve("tools/target/lib"), lib);
        Files.writeString(folder.resolve("tools/target/built"), "");
    }

    /** So that nothing follows the link when the folder is cleared away. */
    @AfterEach
    void unlink() throws IOException {
        Files.deleteIfExists(folder.resolve("tools/target/lib"));
    }

    private static boolean holdsFathom(Path lib) throws IOException {
        try (Stream<Path> jars = Files.list(lib)) {
            return jars.filter(j -> j.getFileName().toString().startsWith("fathom-")).count() == 5;
        }
    }

    /** Runs the script; its standard output, and the exit code before it. */
    private String run(String... words) throws IOException, InterruptedException {
        Path out = folder.resolve("out.txt");
        Path err = folder.resolve("err.txt");
        ProcessBuilder builder = new ProcessBuilder(Stream.concat(Stream.of(folder.resolve("tools/fathom").toString()),
                Stream.of(words)).toList());
        builder.environment().keySet().removeAll(Child.OTHERS_OPTIONS);
        builder.environment().put("FATHOM_JAVA", System.getProperty("java.home"));
        Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        assertTrue(process.waitFor(240, TimeUnit.SECONDS), "the launcher hangs");
        assertEquals("", Files.readString(err), "no notice, no warning");
        return process.exitValue() + " " + Files.readString(out);
    }

    @Test
    void versionAndHelp() throws Exception {
        assertTrue(run("--version").matches("0 Fathom \\d+\\.\\d+\\.\\d+\\S*\\R"));
        String help = run("--help");
        for (String command : new String[] {"quickstart", "predict", "train", "evaluate", "info", "convert", "synth",
                "bench", "doctor"}) {
            assertTrue(help.startsWith("0 Usage: fathom") && help.contains("\n  " + command + " "), command + " in "
                    + help);
        }
    }
}
