// Factors of small matrices, row after row in memory, each of a batch for itself. Sums are in double
// precision. REAL, OF, NONE and ENOUGH are set by runtime.c, which includes this once for each kind.

// Jacobi's rotations of a symmetric matrix, of which one triangle is read; eigenvalues ascend.
static NOINLINE void OF(eigh)(int batch, int n, int lower, const REAL *a, REAL *t, REAL *v, REAL *w) {
  for (int g = 0; g < batch; g++, a += n * n, t += n * n, v += n * n, w += n) {
    int bad = 0;
    for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) {
      t[i * n + j] = (j <= i) == !!lower || i == j ? a[i * n + j] : a[j * n + i];
      v[i * n + j] = i == j;
      bad |= !(t[i * n + j] - t[i * n + j] == 0);
    }
    if (bad) {
      for (int i = 0; i < n * n; i++) v[i] = NONE;
      for (int i = 0; i < n; i++) w[i] = NONE;
      continue;
    }
    double largest = 0; // scaled, so that no square of an element overflows or vanishes
    for (int i = 0; i < n * n; i++) { double x = t[i] < 0 ? -(double)t[i] : t[i]; if (x > largest) largest = x; }
    for (int sweep = 0; sweep < 40 && largest > 0; sweep++) {
      double off = 0, all = 0;
      for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) { double q = t[i * n + j] / largest; all += q * q; if (i != j) off += q * q; }
      if (!(off > all * ENOUGH)) break;
      for (int p = 0; p < n - 1; p++) for (int q = p + 1; q < n; q++) {
        double x = t[p * n + q];
        if (x == 0) continue;
        double th = (t[q * n + q] - t[p * n + p]) / (2 * x), s0 = th < 0 ? -1 : 1;
        double tan = th * th > 1e300 ? 0.5 / th : s0 / (s0 * th + __builtin_sqrt(th * th + 1));
        double c = 1 / __builtin_sqrt(tan * tan + 1), s = tan * c;
        for (int k = 0; k < n; k++) { double y = t[k * n + p], z = t[k * n + q]; t[k * n + p] = (REAL)(c * y - s * z); t[k * n + q] = (REAL)(s * y + c * z); }
        for (int k = 0; k < n; k++) { double y = t[p * n + k], z = t[q * n + k]; t[p * n + k] = (REAL)(c * y - s * z); t[q * n + k] = (REAL)(s * y + c * z); }
        for (int k = 0; k < n; k++) { double y = v[k * n + p], z = v[k * n + q]; v[k * n + p] = (REAL)(c * y - s * z); v[k * n + q] = (REAL)(s * y + c * z); }
      }
    }
    for (int i = 0; i < n; i++) w[i] = t[i * n + i];
    for (int i = 0; i < n - 1; i++) {
      int m = i;
      for (int j = i + 1; j < n; j++) if (w[j] < w[m]) m = j;
      if (m == i) continue;
      REAL q = w[i]; w[i] = w[m]; w[m] = q;
      for (int k = 0; k < n; k++) { q = v[k * n + i]; v[k * n + i] = v[k * n + m]; v[k * n + m] = q; }
    }
  }
}

// L of A = L L', in place; a matrix that is not positive definite has none.
static NOINLINE void OF(cholesky)(int batch, int n, REAL *a) {
  for (int g = 0; g < batch; g++, a += n * n) {
    int bad = 0;
    for (int j = 0; j < n; j++) {
      for (int i = j; i < n; i++) {
        double s = a[i * n + j];
        for (int k = 0; k < j; k++) s -= (double)a[i * n + k] * a[j * n + k];
        if (i == j) { bad |= !(s > 0); a[i * n + j] = (REAL)__builtin_sqrt(s); }
        else a[i * n + j] = (REAL)(s / a[j * n + j]);
      }
      for (int i = 0; i < j; i++) a[i * n + j] = 0;
    }
    if (bad) for (int i = 0; i < n * n; i++) a[i] = NONE;
  }
}

// L and U of a matrix with its rows in another order, in place.
static NOINLINE void OF(lu)(int batch, int m, int n, REAL *a, int *pivots, int *order) {
  int least = m < n ? m : n;
  for (int g = 0; g < batch; g++, a += m * n, pivots += least, order += m) {
    for (int i = 0; i < m; i++) order[i] = i;
    for (int k = 0; k < least; k++) {
      int best = k;
      for (int i = k + 1; i < m; i++) {
        double x = a[i * n + k], y = a[best * n + k];
        if ((x < 0 ? -x : x) > (y < 0 ? -y : y)) best = i;
      }
      pivots[k] = best;
      if (best != k) {
        for (int j = 0; j < n; j++) { REAL x = a[k * n + j]; a[k * n + j] = a[best * n + j]; a[best * n + j] = x; }
        int z = order[k]; order[k] = order[best]; order[best] = z;
      }
      if (a[k * n + k] == 0) continue;
      for (int i = k + 1; i < m; i++) {
        REAL f = a[i * n + k] /= a[k * n + k];
        for (int j = k + 1; j < n; j++) a[i * n + j] -= f * a[k * n + j];
      }
    }
  }
}

// op(A) X = B in place of B, whose element (i, c) lies at i * along + c * across.
static NOINLINE void OF(triangular)(int batch, int n, int m, const REAL *a, REAL *x, int lower, int transposed, int unit, int along, int across) {
  for (int g = 0; g < batch; g++, a += n * n, x += n * m)
    for (int ii = 0; ii < n; ii++) {
      int i = lower != transposed ? ii : n - 1 - ii;
      for (int c = 0; c < m; c++) {
        double s = x[i * along + c * across];
        for (int jj = 0; jj < ii; jj++) {
          int j = lower != transposed ? jj : n - 1 - jj;
          s -= (double)(transposed ? a[j * n + i] : a[i * n + j]) * x[j * along + c * across];
        }
        x[i * along + c * across] = (REAL)(unit ? s : s / a[i * n + i]);
      }
    }
}

// Reflects the columns of c (m, p) from `first` on by what lies below the diagonal of column k of
// a (m, n), many columns at a time as they lie in memory; of each the sums are in the order of rows.
#define COLUMNS 64
static NOINLINE void OF(reflect)(int m, int n, int p, int k, double tau, int first, const REAL *a, REAL *c) {
  double d[COLUMNS];
  for (int left = first; left < p; left += COLUMNS) {
    int wide = p - left < COLUMNS ? p - left : COLUMNS;
    REAL *top = c + k * p + left;
    for (int j = 0; j < wide; j++) d[j] = top[j];
    for (int i = k + 1; i < m; i++) {
      double x = a[i * n + k]; const REAL *row = c + i * p + left;
      for (int j = 0; j < wide; j++) d[j] += x * row[j];
    }
    for (int j = 0; j < wide; j++) { d[j] *= tau; top[j] = (REAL)(top[j] - d[j]); }
    for (int i = k + 1; i < m; i++) {
      double x = a[i * n + k]; REAL *row = c + i * p + left;
      for (int j = 0; j < wide; j++) row[j] = (REAL)(row[j] - d[j] * x);
    }
  }
}

// Q (m, p) and R (p, n) by Householder's reflections; a is written over.
static NOINLINE void OF(qr)(int batch, int m, int n, int p, REAL *a, REAL *q, REAL *r) {
  int least = m < n ? m : n;
  for (int g = 0; g < batch; g++, a += m * n, q += m * p, r += p * n) {
    for (int i = 0; i < m; i++) for (int j = 0; j < p; j++) q[i * p + j] = i == j;
    for (int k = 0; k < least; k++) {
      double s = 0, head = a[k * n + k];
      for (int i = k + 1; i < m; i++) s += (double)a[i * n + k] * a[i * n + k];
      if (s == 0) { r[k * n + k] = 0; continue; } // zero stands for a reflection that is none
      double beta = __builtin_sqrt(head * head + s); if (head > 0) beta = -beta;
      for (int i = k + 1; i < m; i++) a[i * n + k] = (REAL)(a[i * n + k] / (head - beta));
      double tau = (beta - head) / beta;
      OF(reflect)(m, n, n, k, tau, k + 1, a, a);
      a[k * n + k] = (REAL)beta; r[k * n + k] = (REAL)tau;
    }
    for (int k = least - 1; k >= 0; k--) {
      double tau = r[k * n + k];
      // To the left of k there are zeros yet, which only a number that is none would change.
      if (tau != 0) OF(reflect)(m, n, p, k, tau, tau == tau ? k : 0, a, q);
    }
    for (int i = 0; i < p; i++) for (int j = 0; j < n; j++) r[i * n + j] = i <= j && i < m ? a[i * n + j] : 0;
  }
}
