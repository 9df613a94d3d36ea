/** Surveys to test and to look at. */
export const SELECT = {
  id: "q1",
  type: "single_select_feedback",
  title: "How did you sleep last night?",
  description: "Your answer helps us to read your nights better.",
  required: true,
  options: [
    { id: "well", label: "Well, I feel rested", allows_text: false },
    { id: "so_so", label: "So-so", allows_text: false },
    { id: "badly", label: "Badly", allows_text: false },
    { id: "other", label: "Something else", allows_text: true },
  ],
  randomise: "none",
};
export const NPS = {
  id: "q2",
  type: "nps_feedback",
  title: "How likely are you to recommend us to a friend?",
  required: true,
  labels: { low: "Not likely", high: "Very likely" },
};
export const STAR = {
  id: "q3",
  type: "star_feedback",
  title: "How do you like your sleep report?",
  required: false,
  labels: { low: "Not at all", high: "Very much" },
};
export const INPUT = {
  id: "q4",
  type: "input_feedback",
  title: "What would have made it better?",
  description: null,
  required: false,
  placeholder: "A word or two",
  max_length: 200,
};

const TEXTS = {
  next: "Next",
  submit: "Send",
  skip: "Skip",
  close: "Close",
  required: "Please choose an answer",
  other: "Please specify",
};

export function survey(questions = [SELECT, NPS, STAR, INPUT], more = {}) {
  return {
    survey_id: "srv_1",
    version: 3,
    language: "en",
    direction: "ltr",
    dismissible: true,
    show_progress: true,
    questions,
    thank_you: { title: "Thank you", description: "Sleep well tonight." },
    texts: TEXTS,
    ...more,
  };
}

export function arabic() {
  const questions = [
    { ...SELECT, title: "كيف كان نومك الليلة الماضية؟", description: "إجابتك تساعدنا على فهم لياليك بشكل أفضل.", options: [
      { id: "well", label: "جيد، أشعر بالراحة" },
      { id: "so_so", label: "لا بأس" },
      { id: "badly", label: "سيئ" },
      { id: "other", label: "شيء آخر", allows_text: true },
    ] },
    { ...NPS, title: "ما مدى احتمال أن توصي بنا صديقًا؟", labels: { low: "غير محتمل", high: "محتمل جدًا" } },
    { ...STAR, title: "ما رأيك في تقرير نومك؟", labels: { low: "سيئ", high: "ممتاز" } },
    { ...INPUT, title: "ما الذي كان سيجعله أفضل؟", placeholder: "كلمة أو كلمتان" },
  ];
  const texts = { next: "التالي", submit: "إرسال", skip: "تخطٍّ", close: "إغلاق", required: "يرجى اختيار إجابة", other: "يرجى التحديد" };
  return survey(questions, { language: "ar", direction: "rtl", texts, thank_you: { title: "شكرًا لك", description: "نومًا هنيئًا." } });
}
