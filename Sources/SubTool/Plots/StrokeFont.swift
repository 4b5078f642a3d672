/// Characters drawn with strokes, of any size and thickness: printable ASCII, ± and ×.
///
/// The Hershey Fonts were originally created by Dr. A. V. Hershey while working at the U. S. National Bureau of Standards. The
/// format of the font data in this distribution was originally created by James Hurt, Cognition, Inc., 900 Technology Park
/// Drive, Billerica, MA 01821 (mit-eddie!ci-dandelion!hurt). They may be used by anyone for any purpose.
enum StrokeFont {
  /// A font's size in its units, of which a capital has 21.
  private static let unitsOfSize = 29.0

  /// The width of a text at a size.
  static func width(_ text: String, size: Double) -> Double {
    text.reduce(0) { $0 + decoded($1).width } * size / unitsOfSize
  }

  /// The strokes of a text whose base line begins at (0, 0), y downwards.
  static func strokes(_ text: String, size: Double) -> [[PlotPoint]] {
    let scale = size / unitsOfSize
    var (x, result): (Double, [[PlotPoint]]) = (0, [])
    for character in text {
      let (width, strokes) = decoded(character)
      result += strokes.map { stroke in stroke.map { PlotPoint((x + $0.x) * scale, $0.y * scale) } }
      x += width
    }
    return result
  }

  /// A character in the font's units. In the data a letter is a number, its distance from R: first come the left and the right
  /// edge, then points, of which " R" lifts the pen; the base line is at 9.
  private static func decoded(_ character: Character) -> (width: Double, strokes: [[PlotPoint]]) {
    let numbers = data(character).utf8.map { Double($0) - 82 }
    var strokes: [[PlotPoint]] = [[]]
    for place in stride(from: 2, to: numbers.count - 1, by: 2) {
      let (x, y) = (numbers[place], numbers[place + 1])
      if x == -50, y == 0 {
        strokes.append([])
      } else {
        strokes[strokes.count - 1].append(PlotPoint(x - numbers[0], y - 9))
      }
    }
    return (numbers[1] - numbers[0], strokes.filter { !$0.isEmpty })
  }

  private static func data(_ character: Character) -> String {
    switch character {
    // The font's own is as wide as a minus.
    case "-": return "KYNRVR"
    case "\u{b1}": return "E_RHRV RIO[O RI[[["
    case "\u{d7}": return "G]KMY[ RYMK["
    default:
      let code = Int(character.asciiValue ?? UInt8(ascii: "?")) - 32
      return ascii.indices.contains(code) ? ascii[code] : ascii[31]
    }
  }

  /// From the space on.
  private static let ascii = #"""
    JZ
    MWRFRT RRYQZR[SZRY
    JZNFNM RVFVM
    H]SBLb RYBRb RLOZO RKUYU
    H\PBP_ RTBT_ RYIWGTFPFMGKIKKLMMNOOUQWRXSYUYXWZT[P[MZKX
    F^[FI[ RNFPHPJOLMMKMIKIIJGLFNFPGSHVHYG[F RWTUUTWTYV[X[ZZ[X[VYTWT
    E_\O\N[MZMYNXPVUTXRZP[L[JZIYHWHUISJRQNRMSKSIRGPFNGMIMKNNPQUXWZY[[[\Z\Y
    MWRHQGRFSGSIRKQL
    KYVBTDRGPKOPOTPYR]T`Vb
    KYNBPDRGTKUPUTTYR]P`Nb
    JZRFRR RMIWO RWIMO
    E_RIR[ RIR[R
    MWSZR[QZRYSZS\R^Q_
    E_IR[R
    MWRYQZR[SZRY
    G][BIb
    H\QFNGLJKOKRLWNZQ[S[VZXWYRYOXJVGSFQF
    H\NJPISFS[
    H\LKLJMHNGPFTFVGWHXJXLWNUQK[Y[
    H\MFXFRNUNWOXPYSYUXXVZS[P[MZLYKW
    H\UFKTZT RUFU[
    H\WFMFLOMNPMSMVNXPYSYUXXVZS[P[MZLYKW
    H\XIWGTFRFOGMJLOLTMXOZR[S[VZXXYUYTXQVOSNRNOOMQLT
    H\YFO[ RKFYF
    H\PFMGLILKMMONSOVPXRYTYWXYWZT[P[MZLYKWKTLRNPQOUNWMXKXIWGTFPF
    H\XMWPURRSQSNRLPKMKLLINGQFRFUGWIXMXRWWUZR[P[MZLX
    MWRMQNROSNRM RRYQZR[SZRY
    MWRMQNROSNRM RSZR[QZRYSZS\R^Q_
    F^ZIJRZ[
    E_IO[O RIU[U
    F^JIZRJ[
    I[LKLJMHNGPFTFVGWHXJXLWNVORQRT RRYQZR[SZRY
    E`WNVLTKQKOLNMMPMSNUPVSVUUVS RQKOMNPNSOUPV RWKVSVUXVZV\T]Q]O\L[JYHWGTFQFNGLHJJILHOHRIUJWLYNZQ[T[WZYYZX RXKWSWUXV
    I[RFJ[ RRFZ[ RMTWT
    G\KFK[ RKFTFWGXHYJYLXNWOTP RKPTPWQXRYTYWXYWZT[K[
    H]ZKYIWGUFQFOGMILKKNKSLVMXOZQ[U[WZYXZV
    G\KFK[ RKFRFUGWIXKYNYSXVWXUZR[K[
    H[LFL[ RLFYF RLPTP RL[Y[
    HZLFL[ RLFYF RLPTP
    H]ZKYIWGUFQFOGMILKKNKSLVMXOZQ[U[WZYXZVZS RUSZS
    G]KFK[ RYFY[ RKPYP
    NVRFR[
    JZVFVVUYTZR[P[NZMYLVLT
    G\KFK[ RYFKT RPOY[
    HYLFL[ RL[X[
    F^JFJ[ RJFR[ RZFR[ RZFZ[
    G]KFK[ RKFY[ RYFY[
    G]PFNGLIKKJNJSKVLXNZP[T[VZXXYVZSZNYKXIVGTFPF
    G\KFK[ RKFTFWGXHYJYMXOWPTQKQ
    G]PFNGLIKKJNJSKVLXNZP[T[VZXXYVZSZNYKXIVGTFPF RSWY]
    G\KFK[ RKFTFWGXHYJYLXNWOTPKP RRPY[
    H\YIWGTFPFMGKIKKLMMNOOUQWRXSYUYXWZT[P[MZKX
    JZRFR[ RKFYF
    G]KFKULXNZQ[S[VZXXYUYF
    I[JFR[ RZFR[
    F^HFM[ RRFM[ RRFW[ R\FW[
    H\KFY[ RYFK[
    I[JFRPR[ RZFRP
    H\YFK[ RKFYF RK[Y[
    KYOBOb RPBPb ROBVB RObVb
    KYKFY^
    KYTBTb RUBUb RNBUB RNbUb
    JZPLRITL RMORJWO RRJR[
    JZJ]Z]
    MWSFRGQIQKRLSKRJ
    I\XMX[ RXPVNTMQMONMPLSLUMXOZQ[T[VZXX
    H[LFL[ RLPNNPMSMUNWPXSXUWXUZS[P[NZLX
    I[XPVNTMQMONMPLSLUMXOZQ[T[VZXX
    I\XFX[ RXPVNTMQMONMPLSLUMXOZQ[T[VZXX
    I[LSXSXQWOVNTMQMONMPLSLUMXOZQ[T[VZXX
    MYWFUFSGRJR[ ROMVM
    I\XMX]W`VaTbQbOa RXPVNTMQMONMPLSLUMXOZQ[T[VZXX
    I\MFM[ RMQPNRMUMWNXQX[
    NVQFRGSFREQF RRMR[
    MWRFSGTFSERF RSMS^RaPbNb
    IZMFM[ RWMMW RQSX[
    NVRFR[
    CaGMG[ RGQJNLMOMQNRQR[ RRQUNWMZM\N]Q][
    I\MMM[ RMQPNRMUMWNXQX[
    I\QMONMPLSLUMXOZQ[T[VZXXYUYSXPVNTMQM
    H[LMLb RLPNNPMSMUNWPXSXUWXUZS[P[NZLX
    I\XMXb RXPVNTMQMONMPLSLUMXOZQ[T[VZXX
    KXOMO[ ROSPPRNTMWM
    J[XPWNTMQMNNMPNRPSUTWUXWXXWZT[Q[NZMX
    MYRFRWSZU[W[ ROMVM
    I\MMMWNZP[S[UZXW RXMX[
    JZLMR[ RXMR[
    G]JMN[ RRMN[ RRMV[ RZMV[
    J[MMX[ RXMM[
    JZLMR[ RXMR[P_NaLbKb
    J[XMM[ RMMXM RM[X[
    KYTBRCQDPFPHQJRKSMSOQQ RRCQEQGRISJTLTNSPORSTTVTXSZR[Q]Q_Ra RQSSUSWRYQZP\P^Q`RaTb
    NVRBRb
    KYPBRCSDTFTHSJRKQMQOSQ RRCSESGRIQJPLPNQPURQTPVPXQZR[S]S_Ra RSSQUQWRYSZT\T^S`RaPb
    F^IUISJPLONOPPTSVTXTZS[Q RISJQLPNPPQTTVUXUZT[Q[O
    """#.split(separator: "\n").map { String($0) }
}
