package dev.fathom.engine.numeric;

import java.util.Arrays;

/**
 * Medians without sorting: the part of the array in which the wanted place lies is split around a pivot again and again
 * (Hoare, "Algorithm 65: find", 1961). A tenth of the time of a sort for the pixels of a picture.
 */
public final class Selection {
    /** Parts no longer than this are sorted. */
    private static final int SHORT = 32;

    private Selection() {
    }

    /**
     * The median as NumPy's: the value in the middle, or the mean of the two in the middle.
     *
     * @param values at least one, no NaN; put in another order
     */
    public static double median(double[] values) {
        int half = values.length / 2;
        double upper = select(values, half);
        if (values.length % 2 == 1) {
            return upper;
        }
        double lower = values[0];
        for (int i = 1; i < half; i++) {
            lower = Math.max(lower, values[i]);
        }
        return (lower + upper) / 2;
    }

    /**
     * The value that would stand at a place if the values were sorted. Afterwards it does, with none greater before it
     * and none less behind.
     *
     * @param values no NaN; put in another order
     * @param place 0 .. values.length-1
     */
    public static double select(double[] values, int place) {
        int low = 0;
        int high = values.length - 1;
        // Pivots that split badly so often are made on purpose; a sort then ends it.
        int splits = 4 * (32 - Integer.numberOfLeadingZeros(values.length));
        while (high - low >= SHORT && splits-- > 0) {
            double pivot = pivot(values, low, high);
            int i = low;
            int j = high;
            while (i <= j) {
                while (values[i] < pivot) {
                    i++;
                }
                while (pivot < values[j]) {
                    j--;
                }
                if (i <= j) {
                    double swapped = values[i];
                    values[i++] = values[j];
                    values[j--] = swapped;
                }
            }
            // [low, j] <= pivot <= [i, high]; what may lie between them is the pivot itself.
            if (place <= j) {
                high = j;
            } else if (place >= i) {
                low = i;
            } else {
                return values[place];
            }
        }
        Arrays.sort(values, low, high + 1);
        return values[place];
    }

    /** The middle one of nine values spread over the part. */
    private static double pivot(double[] values, int low, int high) {
        int step = (high - low) / 8;
        return middle(middle(values[low], values[low + step], values[low + 2 * step]),
                middle(values[low + 3 * step], values[low + 4 * step], values[low + 5 * step]),
                middle(values[low + 6 * step], values[low + 7 * step], values[high]));
    }

    private static double middle(double a, double b, double c) {
        return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    }
}
