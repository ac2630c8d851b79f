package dev.fathom.tests.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The script {@code tools/fathom}, in a copy of its surroundings where nothing needs building and java is a stand-in
 * that prints what it was called with.
 */
class LauncherTest {
    private static final Path SCRIPT = Path.of(System.getProperty("fathom.root"), "tools/fathom");

    @TempDir
    private Path root;

    private record Run(int code, String out, String err) {
    }

    @BeforeEach
    void copy() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "needs bash");
        Files.createDirectories(root.resolve("tools/target/lib"));
        Files.copy(SCRIPT, root.resolve("tools/fathom"));
        Files.writeString(root.resolve("tools/target/built"), "");
        jdk("jdk25", "25.0.1", 7);
        jdk("jdk17", "17.0.9", 7);
        script("sys/getconf", "echo ${PROCESSORS:-16}");
    }

    private void script(String path, String... lines) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/bash\n" + String.join("\n", lines) + "\n");
        assertTrue(file.toFile().setExecutable(true));
    }

    private void jdk(String name, String version, int code) throws IOException {
        Path home = Files.createDirectories(root.resolve(name));
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        script(name + "/bin/java", "echo \"" + name + " $*\"", "echo start >>" + root.resolve("starts"),
            "echo 'Picked up JAVA_TOOL_OPTIONS: x' >&2",
            "echo 'WARNING: Using incubator modules: jdk.incubator.vector' >&2", "printf 'half a line' >&2",
            "exit " + code);
    }

    private Run run(Map<String, String> environment, String... words) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(words);
        builder.environment().keySet().removeAll(List.of("FATHOM_JAVA", "FATHOM_JAVA_OPTS", "JAVA_HOME"));
        builder.environment().put("PATH", root.resolve("sys") + ":/usr/bin:/bin");
        builder.environment().putAll(environment);
        Path out = root.resolve("out.txt");
        Path err = root.resolve("err.txt");
        Process process = builder.directory(Path.of("/").toFile()).redirectOutput(out.toFile())
            .redirectError(err.toFile()).start();
        assertTrue(process.waitFor(20, TimeUnit.SECONDS), "the launcher hangs");
        // The filter of standard error may end a moment after java.
        for (int i = 0; i < 50 && !Files.readString(out).isEmpty()
            && !Files.readString(err).endsWith("half a line"); i++) {
            Thread.sleep(20);
        }
        return new Run(process.exitValue(), Files.readString(out, StandardCharsets.UTF_8),
            Files.readString(err, StandardCharsets.UTF_8));
    }

    @Test
    void argumentsOptionsAndExitCodeGoThroughAndTheNoticeDoesNot() throws Exception {
        Path link = Files.createSymbolicLink(root.resolve("f"), Path.of("tools/fathom"));
        Run run = run(Map.of("JAVA_HOME", root.resolve("jdk25").toString(), "FATHOM_JAVA_OPTS", "-Xmx1g -Dx=1"),
            link.toString(), "info", "a file", "");
        assertEquals(7, run.code());
        String real = root.toRealPath().toString();
        assertEquals("jdk25 @" + real + "/tools/jvm.args -Xmx1g -Dx=1 -cp " + real
            + "/tools/target/lib/* dev.fathom.tools.Main info a file \n",
            run.out());
        assertEquals("Picked up JAVA_TOOL_OPTIONS: x\nhalf a line", run.err());
    }

    @Test
    void anOldJavaIsPassedOver() throws Exception {
        Run run = run(Map.of("JAVA_HOME", root.resolve("jdk17").toString(), "PATH",
            root.resolve("jdk25/bin") + ":" + root.resolve("sys") + ":/usr/bin:/bin"),
            root.resolve("tools/fathom").toString());
        assertTrue(run.out().startsWith("jdk25 "), run.out());
        Run byFile = run(Map.of("FATHOM_JAVA", root.resolve("jdk25/bin/java").toString(), "JAVA_HOME", "/nowhere"),
            root.resolve("tools/fathom").toString());
        assertTrue(byFile.out().startsWith("jdk25 "), byFile.out());
    }

    @Test
    void aWrongFathomJavaIsNamed() throws Exception {
        Run run = run(Map.of("FATHOM_JAVA", root.resolve("jdk17").toString()), root.resolve("tools/fathom").toString());
        assertEquals(1, run.code());
        assertTrue(run.err().contains("jdk17, but no Java 25 or newer is there") && run.out().isEmpty(), run.err());
    }

    /** A stand-in for Maven that notes each call, takes its time, and ends with {@code code}. */
    private Map<String, String> maven(int code) throws IOException {
        Path mvn = Files.createDirectories(root.resolve("bin")).resolve("mvn");
        Files.writeString(mvn, """
            #!/bin/bash
            echo "$*" >>calls
            echo '[ERROR] boom'
            sleep 0.4
            mkdir -p tools/target/lib
            exit %d
            """.formatted(code));
        assertTrue(mvn.toFile().setExecutable(true));
        return Map.of("JAVA_HOME", root.resolve("jdk25").toString(), "PATH", root.resolve("bin") + ":"
            + root.resolve("sys") + ":/usr/bin:/bin");
    }

    @Test
    void firstUseBuildsOnceHoweverManyStartAtOnce() throws Exception {
        Files.delete(root.resolve("tools/target/built"));
        Map<String, String> environment = maven(0);
        String script = root.resolve("tools/fathom").toString();
        Run run = run(environment, "/bin/bash", "-c", script + " a & " + script + " b & wait");
        assertEquals(2, run.out().lines().filter(l -> l.startsWith("jdk25 ")).count(), run.out() + run.err());
        List<String> calls = Files.readAllLines(root.resolve("calls"));
        assertEquals(List.of("-B -q -DskipTests package -pl tools -am"), calls);
        assertTrue(run.err().contains("building (first use) ... "), run.err());
        Run again = run(environment, script);
        assertTrue(!again.err().contains("building"), again.err());
        assertEquals(1, Files.readAllLines(root.resolve("calls")).size());
    }

    @Test
    void aChangedSourceBuildsAgain() throws Exception {
        Path source = Files.createDirectories(root.resolve("engine/src/main/java")).resolve("A.java");
        for (String folder : List.of("nn", "models", "training", "tools")) {
            Files.createDirectories(root.resolve(folder + "/src/main"));
        }
        Files.writeString(source, "class A {}");
        FileTime later = FileTime.fromMillis(System.currentTimeMillis() + 60_000);
        Map<String, String> environment = maven(0);
        Files.setLastModifiedTime(root.resolve("tools/target/built"), later);
        assertTrue(!run(environment, root.resolve("tools/fathom").toString()).err().contains("building"));
        Files.setLastModifiedTime(source, FileTime.fromMillis(later.toMillis() + 60_000));
        assertTrue(run(environment, root.resolve("tools/fathom").toString()).err().contains("building (changed) ... "));
    }

    @Test
    void aFailedBuildShowsWhyAndIsTriedAgain() throws Exception {
        Files.delete(root.resolve("tools/target/built"));
        Run run = run(maven(1), root.resolve("tools/fathom").toString());
        assertEquals(1, run.code());
        assertTrue(run.err().contains("failed after") && run.err().contains("[ERROR] boom")
            && run.err().contains("build.log"), run.err());
        assertTrue(run.out().isEmpty(), "java must not run");
        assertTrue(run(maven(0), root.resolve("tools/fathom").toString()).out().startsWith("jdk25 "));
    }

    private int starts() throws IOException {
        Path starts = root.resolve("starts");
        return Files.exists(starts) ? Files.readAllLines(starts).size() : 0;
    }

    @Test
    void helpIsKeptUntilTheNextBuild() throws Exception {
        jdk("jdk25", "25.0.1", 0);
        Map<String, String> environment = Map.of("JAVA_HOME", root.resolve("jdk25").toString());
        String script = root.resolve("tools/fathom").toString();
        Run first = run(environment, script, "--help");
        Run second = run(environment, script, "--help");
        assertTrue(first.out().startsWith("jdk25 ") && first.out().endsWith(" --help\n"), first.out());
        assertEquals(first.out(), second.out());
        assertEquals(1, starts(), "the second time without java");
        assertTrue(run(environment, script, "--version").out().endsWith(" --version\n"));
        assertTrue(run(environment, script, "-h", "x").out().endsWith(" -h x\n"));
        assertEquals(3, starts(), "other words are another text, or none that is kept");
        FileTime later = FileTime.fromMillis(System.currentTimeMillis() + 60_000);
        Files.setLastModifiedTime(root.resolve("tools/target/built"), later);
        assertEquals(first.out(), run(environment, script, "--help").out());
        assertEquals(4, starts(), "a new build may say something else");
    }

    @Test
    void helpThatFailsOrCannotBeKeptGoesThrough() throws Exception {
        Map<String, String> environment = Map.of("JAVA_HOME", root.resolve("jdk25").toString());
        String script = root.resolve("tools/fathom").toString();
        for (int i = 1; i <= 2; i++) {
            Run failed = run(environment, script, "--help");
            assertEquals(7, failed.code());
            assertTrue(failed.out().endsWith(" --help\n"), failed.out());
            assertEquals(i, starts());
        }
        Path texts = root.resolve("tools/target/texts");
        assertEquals(List.of(), List.of(texts.toFile().list()), "nothing is left behind");
        Files.delete(texts);
        // A file where the folder should be stands for a folder that cannot be written, which root always can.
        Files.writeString(texts, "");
        jdk("jdk25", "25.0.1", 0);
        for (int i = 3; i <= 4; i++) {
            Run run = run(environment, script, "--help");
            assertEquals("0 half a line", run.code() + " " + run.err().lines().toList().getLast());
            assertTrue(run.out().endsWith(" --help\n"), run.out());
            assertEquals(i, starts());
        }
    }

    @Test
    void manyThatAskForHelpAtOnceAllGetIt() throws Exception {
        jdk("jdk25", "25.0.1", 0);
        String script = root.resolve("tools/fathom") + " --help & ";
        Run run = run(Map.of("JAVA_HOME", root.resolve("jdk25").toString()), "/bin/bash", "-c",
            // Through a pipe: cat of coreutils 9.1 loses lines where several write to one file at the same time.
            "{ " + script.repeat(6) + "wait; } | cat");
        assertEquals(6, run.out().lines().filter(l -> l.startsWith("jdk25 ") && l.endsWith(" --help")).count(),
            run.out());
        assertEquals(6, run.out().lines().count(), run.out());
    }

    @Test
    void fewProcessorsGetASecondCompilerThread() throws Exception {
        String script = root.resolve("tools/fathom").toString();
        String java = root.resolve("jdk25").toString();
        Run few = run(Map.of("JAVA_HOME", java, "PROCESSORS", "2", "FATHOM_JAVA_OPTS", "-Dx=1"), script, "info");
        assertTrue(few.out().contains("/tools/jvm.args -XX:CICompilerCount=3 -Dx=1 -cp "), few.out());
        assertTrue(!run(Map.of("JAVA_HOME", java), script, "info").out().contains("CICompilerCount"));
    }
}
