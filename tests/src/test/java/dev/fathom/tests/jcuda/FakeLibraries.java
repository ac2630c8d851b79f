package dev.fathom.tests.jcuda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * NVIDIA's libraries as a few hundred lines of C, compiled when a test asks for them; {@code tests/resources/fake-
 * cuda}.
 */
final class FakeLibraries {
    private static final Path SOURCES =
        Path.of(System.getProperty("fathom.root"), "tests/src/test/resources/fake-cuda");

    private FakeLibraries() {
    }

    /** Whether there is a gcc. */
    static boolean possible() {
        return System.getProperty("os.name").equals("Linux") && System.getProperty("os.arch").equals("amd64")
            && List.of(System.getenv("PATH").split(":")).stream().anyMatch(p -> Files.isExecutable(Path.of(p, "gcc")));
    }

    static Path driver(Path folder, String... defines) {
        return compile(folder, "cuda.c", "libcuda.so.1", defines);
    }

    /** @param major 12 or 13 */
    static Path cublas(Path folder, int major, String... defines) {
        List<String> all = new ArrayList<>(List.of(defines));
        all.add("MAJOR=" + major);
        return compile(folder, "cublas.c", "libcublas.so." + major, all.toArray(String[]::new));
    }

    static Path cudnn(Path folder, String... defines) {
        return compile(folder, "cudnn.c", "libcudnn.so.9", defines);
    }

    /** With symbols of a version named like the library, as NVIDIA's have; the driver's have none. */
    private static Path compile(Path folder, String source, String soname, String... defines) {
        try {
            Path versions = Files.writeString(folder.resolve(soname + ".map"), soname + " { global: *; };");
            List<String> command = new ArrayList<>(List.of("gcc", "-shared", "-fPIC", "-O1", "-Wl,-soname," + soname,
                "-o",
                folder.resolve(soname).toString(), SOURCES.resolve(source).toString()));
            if (!soname.equals("libcuda.so.1")) {
                command.add("-Wl,--version-script=" + versions);
            }
            for (String define : defines) {
                command.add("-D" + define);
            }
            Answer answer = run(command, Map.of());
            if (answer.code != 0) {
                throw new IllegalStateException(answer.text);
            }
            return folder.resolve(soname);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a process said, both streams together, and how it ended. */
    record Answer(int code, String text) {
    }

    /** Java with this test's class path and these variables in place of those that point to CUDA. */
    static Answer java(Map<String, String> environment, String... arguments) {
        return run(javaCommand(arguments), environment);
    }

    static List<String> javaCommand(String... arguments) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(),
            "@" + Path.of(System.getProperty("fathom.root"), "tools/jvm.args"), "-Xmx512m",
            "-Dfathom.cache=" + System.getProperty("fathom.cache"), "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(arguments));
        return command;
    }

    static Answer run(List<String> command, Map<String, String> environment) {
        try {
            Process process = start(command, environment);
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("still running: " + command + "\n" + text);
            }
            return new Answer(process.exitValue(), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static Process start(List<String> command, Map<String, String> environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        List.of("LD_LIBRARY_PATH", "CUDA_HOME", "CUDA_PATH", "VIRTUAL_ENV", "CONDA_PREFIX", "FATHOM_CACHE",
            "JAVA_TOOL_OPTIONS",
            "JDK_JAVA_OPTIONS", "CUDA_VISIBLE_DEVICES").forEach(builder.environment()::remove);
        builder.environment().putAll(environment);
        return builder.start();
    }
}
