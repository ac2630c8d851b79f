package dev.fathom.tools.video;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.PictureReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Numbered pictures: a folder of them, {@code frames/%05d.png} or {@code frames/*.jpg}, in the order of the numbers in
 * their names, so that 10 follows 9.
 */
final class PictureFrames implements ClipFrames {
    private static final Pattern DIGITS = Pattern.compile("\\d+");
    /** A place for a number as in C: %d, %5d, %05d. */
    private static final Pattern NUMBER = Pattern.compile("%0?(\\d*)d");

    private final String name;
    private final List<Path> files;
    /** Whether their names differ without their extensions too. */
    private final boolean stemsDiffer;

    private PictureFrames(String name, List<Path> files) {
        this.name = name;
        this.files = files;
        this.stemsDiffer = files.stream().map(PictureFrames::stem).distinct().count() == files.size();
    }

    /** Whether a name means several files. */
    static boolean isPattern(String fileName) {
        return NUMBER.matcher(fileName).find() || fileName.contains("*") || fileName.contains("?");
    }

    /** All pictures of a folder, not of folders in it. */
    static PictureFrames in(Path folder) {
        List<Path> files = list(folder, file -> true);
        List<Path> pictures = files.stream().filter(PictureReader::recognises).toList();
        if (pictures.isEmpty()) {
            boolean film = files.stream().anyMatch(f -> ClipSource.isFilm(f.getFileName().toString()));
            throw new FathomException("The folder " + folder + " holds no picture; expected the numbered frames of one"
                    + " clip" + (film ? "; to take a film of this folder, give its file." : "."));
        }
        return of(folder, pictures);
    }

    /** The files of a folder that a pattern of names means. */
    static PictureFrames matching(Path folder, String pattern) {
        StringBuilder regex = new StringBuilder();
        Matcher number = NUMBER.matcher(pattern);
        int at = 0;
        while (number.find()) {
            regex.append(wildcards(pattern.substring(at, number.start())));
            regex.append(number.group(1).isEmpty() ? "\\d+" : "\\d{" + number.group(1) + ",}");
            at = number.end();
        }
        Pattern names = Pattern.compile(regex.append(wildcards(pattern.substring(at))).toString());
        if (!Files.isDirectory(folder)) {
            throw new FathomException("There is no folder " + folder + " to look for " + pattern
                    + " in; check --video-path.");
        }
        List<Path> files = list(folder, file -> names.matcher(file.getFileName().toString()).matches());
        if (files.isEmpty()) {
            throw new FathomException("No file of " + folder + " is called " + pattern
                    + "; expected numbered frames of one clip.");
        }
        return of(folder, files);
    }

    private static String wildcards(String text) {
        StringBuilder regex = new StringBuilder();
        for (char c : text.toCharArray()) {
            regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
        }
        return regex.toString();
    }

    private static List<Path> list(Path folder, Predicate<Path> wanted) {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(Files::isRegularFile).filter(f -> !f.getFileName().toString().startsWith("."))
                    .filter(wanted).sorted(Comparator.comparing(f -> sortKey(f.getFileName().toString()))).toList();
        } catch (IOException | UncheckedIOException e) {
            throw new FathomException("The folder " + folder + " cannot be searched for frames (" + e.getMessage()
                    + "); check its permissions.", e);
        }
    }

    private static PictureFrames of(Path folder, List<Path> files) {
        Path own = folder.toAbsolutePath().normalize().getFileName();
        return new PictureFrames(own == null ? "clip" : own.toString(), files);
    }

    /** With every number at the same width, names sort as people count. */
    private static String sortKey(String name) {
        return DIGITS.matcher(name).replaceAll(m -> {
            String digits = m.group().replaceFirst("^0+(?=.)", "");
            return String.format("%03d", digits.length()) + digits;
        });
    }

    /** A sentence about numbers that are left out between the first frame and the last; nothing if none is. */
    Optional<String> gap() {
        List<Long> numbers = new ArrayList<>();
        for (Path file : files) {
            Matcher digits = DIGITS.matcher(stem(file));
            String last = null;
            while (digits.find()) {
                last = digits.group();
            }
            if (last == null || last.length() > 18) {
                return Optional.empty();
            }
            numbers.add(Long.parseLong(last));
        }
        for (int i = 1; i < numbers.size(); i++) {
            if (numbers.get(i) - numbers.get(i - 1) > 1) {
                long span = numbers.getLast() - numbers.getFirst() + 1;
                return Optional.of("frame numbers leave out " + (span - numbers.size()) + " of " + span + ", the first"
                        + " after " + files.get(i - 1).getFileName() + "; what is there is taken as the clip");
            }
        }
        return Optional.empty();
    }

    List<Path> files() {
        return files;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int about() {
        return files.size();
    }

    @Override
    public String rate() {
        return null;
    }

    private static String stem(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    @Override
    public String stem(int index) {
        Path file = files.get(index);
        return stemsDiffer ? stem(file) : file.getFileName().toString().replace('.', '_');
    }

    @Override
    public String describe(int index) {
        return files.get(index).getFileName().toString();
    }

    @Override
    public long key(int index) {
        return ClipSource.key(files.get(index));
    }

    @Override
    public Reader open(int from) {
        return new Reader() {
            private int next = from;

            @Override
            public Picture next() {
                if (next >= files.size()) {
                    return null;
                }
                return PictureReader.read(files.get(next++));
            }

            @Override
            public void close() {
                // Each picture's file was closed when it was read.
            }
        };
    }
}
