package dev.fathom.engine.cuda.emulated.ptx.arith;

/**
 * Arithmetic on binary32 rounded toward zero (rz), down (rm) or up (rp).
 *
 * <p>The result in binary64 is rounded to nearest; what that rounding left out is computed exactly, by a fused
 * multiply-add or by Knuth's two-sum. The pair says on which side of a float the true value lies.
 */
public final class DirectedOps {
    private static final int ZERO = 0;
    private static final int DOWN = 1;
    private static final int UP = 2;

    private DirectedOps() {
    }

    /** value + error, where |error| is at most half a unit of value's last place; only error's sign counts. */
    private static float round(double value, double error, int mode) {
        float near = (float) value;
        if (Double.isNaN(value) || Double.isInfinite(value) || value == 0 && error == 0) {
            return near;
        }
        // Positive if the true value lies above the float.
        double beyond = value - near != 0 ? value - near : error;
        if (beyond == 0) {
            return near;
        }
        int direction = mode != ZERO ? mode : value > 0 || value == 0 && error > 0 ? DOWN : UP;
        if (direction == DOWN) {
            return beyond < 0 ? Math.nextDown(near) : near;
        }
        return beyond > 0 ? Math.nextUp(near) : near;
    }

    private static float sum(double a, double b, int mode) {
        double s = a + b;
        double back = s - a;
        double error = a - (s - back) + (b - back);
        if (s == 0 && error == 0 && mode == DOWN && (1 / a < 0 || 1 / b < 0)) {
            return -0f; // x - x is -0 when rounding down
        }
        return round(s, Double.isNaN(error) ? 0 : error, mode);
    }

    private static float quotient(float a, float b, int mode) {
        double q = (double) a / b;
        double rest = Math.fma(-q, b, a);
        return round(q, Double.isNaN(rest) ? 0 : b > 0 ? rest : -rest, mode);
    }

    private static float root(float a, int mode) {
        double r = Math.sqrt(a);
        double rest = Math.fma(-r, r, a);
        return round(r, Double.isNaN(rest) ? 0 : rest, mode);
    }

    @Ptx("add.rz.f32")
    public static float add_rz(float a, float b) {
        return sum(a, b, ZERO);
    }

    @Ptx("sub.rz.f32")
    public static float sub_rz(float a, float b) {
        return sum(a, -b, ZERO);
    }

    @Ptx("mul.rz.f32")
    public static float mul_rz(float a, float b) {
        return round((double) a * b, 0, ZERO);
    }

    @Ptx("fma.rz.f32")
    public static float fma_rz(float a, float b, float c) {
        return sum((double) a * b, c, ZERO);
    }

    @Ptx("div.rz.f32")
    public static float div_rz(float a, float b) {
        return quotient(a, b, ZERO);
    }

    @Ptx("rcp.rz.f32")
    public static float rcp_rz(float a) {
        return quotient(1, a, ZERO);
    }

    @Ptx("sqrt.rz.f32")
    public static float sqrt_rz(float a) {
        return root(a, ZERO);
    }

    /** A binary64 to binary32, toward zero. */
    public static float narrow_rz(double a) {
        return round(a, 0, ZERO);
    }

    @Ptx("add.rm.f32")
    public static float add_rm(float a, float b) {
        return sum(a, b, DOWN);
    }

    @Ptx("sub.rm.f32")
    public static float sub_rm(float a, float b) {
        return sum(a, -b, DOWN);
    }

    @Ptx("mul.rm.f32")
    public static float mul_rm(float a, float b) {
        return round((double) a * b, 0, DOWN);
    }

    @Ptx("fma.rm.f32")
    public static float fma_rm(float a, float b, float c) {
        return sum((double) a * b, c, DOWN);
    }

    @Ptx("div.rm.f32")
    public static float div_rm(float a, float b) {
        return quotient(a, b, DOWN);
    }

    @Ptx("rcp.rm.f32")
    public static float rcp_rm(float a) {
        return quotient(1, a, DOWN);
    }

    @Ptx("sqrt.rm.f32")
    public static float sqrt_rm(float a) {
        return root(a, DOWN);
    }

    /** A binary64 to binary32, down. */
    public static float narrow_rm(double a) {
        return round(a, 0, DOWN);
    }

    @Ptx("add.rp.f32")
    public static float add_rp(float a, float b) {
        return sum(a, b, UP);
    }

    @Ptx("sub.rp.f32")
    public static float sub_rp(float a, float b) {
        return sum(a, -b, UP);
    }

    @Ptx("mul.rp.f32")
    public static float mul_rp(float a, float b) {
        return round((double) a * b, 0, UP);
    }

    @Ptx("fma.rp.f32")
    public static float fma_rp(float a, float b, float c) {
        return sum((double) a * b, c, UP);
    }

    @Ptx("div.rp.f32")
    public static float div_rp(float a, float b) {
        return quotient(a, b, UP);
    }

    @Ptx("rcp.rp.f32")
    public static float rcp_rp(float a) {
        return quotient(1, a, UP);
    }

    @Ptx("sqrt.rp.f32")
    public static float sqrt_rp(float a) {
        return root(a, UP);
    }

    /** A binary64 to binary32, up. */
    public static float narrow_rp(double a) {
        return round(a, 0, UP);
    }
}
