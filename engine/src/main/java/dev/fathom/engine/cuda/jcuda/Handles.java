package dev.fathom.engine.cuda.jcuda;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Numbers for JCuda's handle objects, which keep their native value to themselves. Number 0 is none. Looking one up
 * takes no lock: it is on the path of every launch.
 */
final class Handles<T> {
    private final String kind;
    private final ArrayDeque<Integer> free = new ArrayDeque<>();
    private volatile Object[] objects = new Object[16];
    private int used = 1;

    Handles(String kind) {
        this.kind = kind;
    }

    synchronized long add(T object) {
        int at = free.isEmpty() ? used++ : free.pop();
        Object[] grown = Arrays.copyOf(objects, Math.max(objects.length, Integer.highestOneBit(used) * 2));
        grown[at] = object;
        objects = grown;
        return at;
    }

    @SuppressWarnings("unchecked")
    T get(long number) {
        Object[] now = objects;
        Object found = number > 0 && number < now.length ? now[(int) number] : null;
        if (found == null) {
            throw new IllegalArgumentException("there is no " + kind + " " + number + ", or it is gone");
        }
        return (T) found;
    }

    synchronized T remove(long number) {
        T object = get(number);
        Object[] changed = objects.clone();
        changed[(int) number] = null;
        objects = changed;
        free.push((int) number);
        return object;
    }

    /** Removes all, handing each out once. */
    @SuppressWarnings("unchecked")
    synchronized void drain(Consumer<T> each) {
        Object[] all = objects;
        objects = new Object[16];
        free.clear();
        used = 1;
        for (Object object : all) {
            if (object != null) {
                each.accept((T) object);
            }
        }
    }
}
