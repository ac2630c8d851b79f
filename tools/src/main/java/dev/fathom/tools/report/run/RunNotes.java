package dev.fathom.tools.report.run;

import dev.fathom.tools.report.Pieces.Note;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/** What a person should know about a run besides its numbers: what was left out, what slowed it, what is missing. */
final class RunNotes {
    /** Waiting for data is worth a word from this share on. */
    private static final double WAITING = 0.2;
    /** So many overflowing steps are usual in fp16: the scale is found by them. */
    private static final double OVERFLOWS = 0.01;

    private final RunHistory run;
    private final List<Note> notes = new ArrayList<>();

    private RunNotes(RunHistory run) {
        this.run = run;
    }

    static List<Note> of(RunHistory run) {
        RunNotes notes = new RunNotes(run);
        notes.end();
        notes.leftOut();
        notes.badFrames("bad_frames", "training");
        notes.badFrames("bad_validation_frames", "validation");
        notes.speed();
        notes.missing();
        return notes.notes;
    }

    private void end() {
        int planned = run.epochsPlanned();
        if (planned < 0 || run.epochsDone() >= planned) {
            return;
        }
        double patience = run.facts().number("early-stop");
        if (patience >= 1 && run.best() != null && run.epochsDone() - 1 - run.best().epoch() >= patience) {
            add(false, "%d of %d epochs are done: the run ended early, because %s epochs brought nothing better"
                    + " (--early-stop).", run.epochsDone(), planned, run.facts().settings().get("early-stop"));
            return;
        }
        double time = Double.isFinite(run.steps().time()) ? run.steps().time() : run.epochs().isEmpty() ? Double.NaN
                : run.epochs().last().get("time");
        String when = Double.isFinite(time) ? " Its last line is of " + Instant.ofEpochSecond((long) time)
                .truncatedTo(ChronoUnit.SECONDS).toString().replace("T", " ").replace("Z", " UTC") + "." : "";
        add(false, "%d of %d epochs are done: the run still goes on, was stopped or was killed.%s The same command with"
                + " --resume goes on from its last save.", run.epochsDone(), planned, when);
    }

    private void leftOut() {
        Map<String, Integer> leftOut = run.steps().leftOut();
        long lines = Math.max(1, run.steps().lines());
        leftOut.forEach((reason, count) -> {
            double share = count / (double) lines;
            switch (reason) {
                case "overflow" -> add(share > OVERFLOWS, "%s overflowed in fp16 and changed nothing (%.2g %% of all)%s.",
                        steps(count), 100 * share, share > OVERFLOWS ? "; more than 1 % speaks for --precision bf16"
                        : ", as is usual while the loss scale is found");
                case "empty" -> add(true, "%s without a single valid depth: left out (%.2g %% of all).",
                        count == 1 ? "1 batch was" : String.format(Locale.ROOT, "%,d batches were", count),
                        100 * share);
                case "non-finite" -> add(true, "%s had a loss or a gradient that is not finite and changed nothing; the"
                        + " folder nan/ has what is needed to run each again.", steps(count));
                default -> add(true, "%s changed nothing (%s).", steps(count), reason);
            }
        });
        if (run.nanFiles() > 0 && !leftOut.containsKey("non-finite")) {
            add(true, "The folder nan/ holds %,d %s of steps that were not finite: 'tools/fathom replay FILE' runs one"
                    + " again.", run.nanFiles(), run.nanFiles() == 1 ? "file" : "files");
        }
        if (leftOut.isEmpty() && !run.epochs().isEmpty()) {
            // Runs without steps.jsonl count in their epochs' lines.
            older("overflow_steps", "overflowed in fp16 and changed nothing", "step", "steps");
            older("non_finite_steps", "had a loss or a gradient that is not finite and changed nothing", "step", "steps");
            older("skipped_batches", "had no valid depth and taught nothing", "batch", "batches");
        }
        older("empty_samples", "had no depth in range and taught nothing", "crop", "crops");
        double skipped = run.epochs().isEmpty() ? 0 : run.epochs().last().get("skipped");
        if (skipped > 0) {
            add(false, "%,d validation %s no depth in range and left out of every measure.", (long) skipped,
                    skipped == 1 ? "image has" : "images have");
        }
    }

    private void badFrames(String key, String set) {
        Map<String, Double> faults = run.epochs().isEmpty() ? Map.of() : run.epochs().last().group(key);
        double count = faults.values().stream().mapToDouble(Double::doubleValue).sum();
        if (count > 0) {
            StringJoiner words = new StringJoiner(", ");
            faults.forEach((fault, n) -> words.add(String.format(Locale.ROOT, "%s %,d", fault, n.longValue())));
            add(true, "%,d %s could not be read and were left out (%s).", (long) count, set + (count == 1 ? " frame"
                    : " frames"), words);
        }
    }

    private void older(String key, String what, String one, String many) {
        double count = run.epochs().isEmpty() ? 0 : run.epochs().last().get(key);
        if (count > 0) {
            add(true, "%,d %s %s.", (long) count, count == 1 ? one : many, what);
        }
    }

    private void speed() {
        double share = RunTimes.waitShare(run);
        if (share > WAITING) {
            add(true, "%.0f %% of the steps' time was spent waiting for data: more loader threads (--workers), smaller"
                    + " files or a faster disk would make the run faster.", 100 * share);
        }
        long nonFinite = run.steps().loss().nonFinite();
        if (nonFinite > 0 && run.steps().leftOut().isEmpty()) {
            add(true, "%s a loss that is not finite.", nonFinite == 1 ? "1 step has" : nonFinite + " steps have");
        }
    }

    private void missing() {
        for (String part : run.unreadable()) {
            add(false, "Unreadable and left out: %s %s, as a killed process leaves half a line.", part.split(" ", 2)[0],
                    (part.startsWith("1 ") ? "line " : "lines ") + part.split(" ", 2)[1]);
        }
        if (run.steps().lines() == 0 && !run.epochs().isEmpty()) {
            add(false, "The run has no steps.jsonl (an older version wrote it), so there are no curves by step.");
        }
    }

    private static String steps(int count) {
        return count == 1 ? "1 step" : String.format(Locale.ROOT, "%,d steps", count);
    }

    private void add(boolean heavy, String text, Object... values) {
        notes.add(new Note(String.format(Locale.ROOT, text, values), heavy));
    }
}
