package dev.fathom.tools.video;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A running ffmpeg: its pipes, and the first thing that it complained about. */
final class FfmpegProcess implements AutoCloseable {
    private static final long SECONDS_TO_END = 10;

    private final Process process;
    private final Thread listener;
    private volatile String complaint = "";

    private FfmpegProcess(Process process) {
        this.process = process;
        this.listener = Thread.ofVirtual().start(this::listen);
    }

    static FfmpegProcess start(List<String> command) throws IOException {
        return new FfmpegProcess(new ProcessBuilder(command).start());
    }

    /**
     * Reads all that it says, which it would otherwise wait with; the first line is the cause, the rest follows from
     * it.
     */
    private void listen() {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(process.getErrorStream(),
                StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (complaint.isEmpty() && !line.isBlank()) {
                    complaint = line.strip().replaceFirst("^\\[[^\\]]*] *", "");
                }
            }
        } catch (IOException e) {
            complaint = complaint.isEmpty() ? "(nothing: " + e.getMessage() + ")" : complaint;
        }
    }

    InputStream out() {
        return process.getInputStream();
    }

    OutputStream in() {
        return process.getOutputStream();
    }

    /** Waits for its end; the exit code. */
    int exit() {
        try {
            int code = process.waitFor();
            listener.join();
            return code;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for ffmpeg", e);
        }
    }

    /** What it said first; empty if nothing so far. */
    String complaint() {
        return complaint;
    }

    /** Ends it if it still runs. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
