package dev.fathom.tests.faults;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/** What goes wrong on a {@link FaultyProvider}'s disk, and what has been done to it. For several threads. */
public final class Faults {
    /** What can be done to a file, or to a folder. */
    public enum Kind {
        OPEN, READ, WRITE, FORCE, MOVE, LINK, DELETE
    }

    /**
     * Something that was asked for.
     *
     * @param path of the file, for a move the new one
     */
    public record Done(Kind kind, Path path) {
        String name() {
            return path.getFileName().toString();
        }
    }

    /** What happens at an operation, before it is carried out. */
    @FunctionalInterface
    public interface Rule {
        void meet(Done operation) throws IOException;
    }

    /** How much of a file can be read or written before something happens. */
    private record Limit(Predicate<Path> file, long at, String message) {
    }

    /** What a disk takes before it is full. */
    private record Room(Predicate<Path> file, AtomicLong bytes) {
    }

    private final List<Done> done = new ArrayList<>();
    private final List<Rule> rules = new ArrayList<>();
    private final List<Limit> unreadable = new ArrayList<>();
    private final List<Room> rooms = new ArrayList<>();

    /** The disk takes so many more bytes of files whose paths contain {@code name}; then it is full. */
    public synchronized Faults room(String name, long bytes) {
        rooms.add(new Room(path -> path.toString().contains(name), new AtomicLong(bytes)));
        return this;
    }

    /** Byte {@code at} of files whose names contain {@code name} cannot be read. */
    public synchronized Faults unreadable(String name, long at) {
        unreadable.add(new Limit(path -> path.toString().contains(name), at, "Input/output error"));
        return this;
    }

    /** Operations of a kind on files whose paths end with {@code name} fail. */
    public Faults fail(Kind kind, String name, String message) {
        return add(operation -> {
            if (operation.kind == kind && operation.path.toString().endsWith(name)) {
                throw new IOException(message);
            }
        });
    }

    /** Anything else. */
    public synchronized Faults add(Rule rule) {
        rules.add(rule);
        return this;
    }

    /** All is well again; what was done is forgotten. */
    public synchronized void clear() {
        done.clear();
        rules.clear();
        unreadable.clear();
        rooms.clear();
    }

    /** What was asked for so far, but for reading. */
    public synchronized List<Done> done() {
        return List.copyOf(done);
    }

    void meet(Kind kind, Path path) throws IOException {
        Done operation = new Done(kind, path);
        List<Rule> now;
        synchronized (this) {
            if (kind != Kind.READ && kind != Kind.OPEN) {
                done.add(operation);
            }
            now = List.copyOf(rules);
        }
        for (Rule rule : now) {
            rule.meet(operation);
        }
    }

    /** How many of so many bytes the disk takes. */
    synchronized int roomFor(Path path, int bytes) throws IOException {
        int taken = bytes;
        for (Room room : rooms) {
            if (room.file.test(path)) {
                taken = (int) Math.min(taken, room.bytes.get());
                room.bytes.addAndGet(-taken);
            }
        }
        if (taken == 0 && bytes > 0) {
            throw new IOException("No space left on device");
        }
        return taken;
    }

    /** How many of so many bytes from a place on can be read. */
    synchronized int readable(Path path, long from, int bytes) throws IOException {
        long end = from + bytes;
        for (Limit limit : unreadable) {
            if (limit.file.test(path) && end > limit.at && from <= limit.at) {
                if (from == limit.at) {
                    throw new IOException(limit.message);
                }
                end = limit.at;
            }
        }
        return (int) (end - from);
    }

    boolean hasLimits(Path path) {
        synchronized (this) {
            return unreadable.stream().anyMatch(limit -> limit.file.test(path));
        }
    }
}
